package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace registry unpin}: lets an alias go that was held. */
@Command(
        name = "unpin",
        description = "Let an alias go that a pin or a rollback holds: it leads where the trainer has moved it.",
        footer = {"", "Examples:", "  millrace registry unpin support"})
final class RegistryUnpinCommand extends GovernanceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Mixin
    private final AliasOption alias = new AliasOption();

    RegistryUnpinCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        OptionalLong leads = governance.unpin(model, alias.name(), asked);
        return "Alias " + alias.name() + " of " + model + " leads to "
                + (leads.isPresent() ? "version " + leads.getAsLong() : "no version") + " again.";
    }
}
