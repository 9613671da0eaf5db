package dev.millrace.app;

import dev.millrace.registry.Alias;
import picocli.CommandLine.Option;

/** Which alias a command is about. */
final class AliasOption {

    @Option(names = "--alias", paramLabel = "NAME", description = "Which alias. Default: champion.")
    private String name = Alias.CHAMPION;

    String name() {
        return name;
    }
}
