package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.Retirement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code millrace registry retire}: takes a version out of use for good. */
@Command(
        name = "retire",
        description = {
            "Take a version out of use for good: no alias can point at it any more. Its record stays, for lineage; its"
                    + " files go with the next sweep of the store, unless another version needs them."
        },
        footer = {"", "Examples:", "  millrace registry retire support 12 --reason \"learned from a wrong import\""})
final class RegistryRetireCommand extends GovernanceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Parameters(index = "1", paramLabel = "VERSION", description = "Its number.")
    private long version;

    RegistryRetireCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        Retirement retirement = governance.retire(model, version, asked);
        return "Version " + retirement.version() + " of " + model + " is retired.";
    }
}
