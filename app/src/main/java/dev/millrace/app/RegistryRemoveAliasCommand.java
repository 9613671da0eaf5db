package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace registry remove-alias}: removes an alias that promote or pin made. */
@Command(
        name = "remove-alias",
        description = "Remove the alias that --alias names, and what holds it. The champion's stays.",
        footer = {"", "Examples:", "  millrace registry remove-alias support --alias canary"})
final class RegistryRemoveAliasCommand extends GovernanceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Option(names = "--alias", required = true, paramLabel = "NAME", description = "Which alias.")
    private String alias = "";

    RegistryRemoveAliasCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        governance.removeAlias(model, alias, asked);
        return "Alias " + alias + " of " + model + " is gone.";
    }
}
