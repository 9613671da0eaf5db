package dev.millrace.app;

import picocli.CommandLine.Option;

/** Who asks for something, and why: it goes into the lineage of what comes of it. */
final class AskedBy {

    @Option(
            names = "--by",
            paramLabel = "NAME",
            defaultValue = "${sys:user.name}",
            description = "Who asks for it. Default: the user.")
    private String by = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; it stays in the lineage of the versions.")
    private String reason = "";

    String by() {
        return by;
    }

    String reason() {
        return reason;
    }
}
