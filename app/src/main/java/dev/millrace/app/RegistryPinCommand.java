package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.Pin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace registry pin}: holds an alias at a version. */
@Command(
        name = "pin",
        description = "Hold an alias at a version, by default where it is, until unpin or promote.",
        footer = {
            "",
            "Examples:",
            "  millrace registry pin support --reason \"no changes before the fair\"",
            "  millrace registry pin support 12"
        })
final class RegistryPinCommand extends GovernanceCommand {

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Mixin
    private final AliasOption alias = new AliasOption();

    RegistryPinCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        String given = named.given();
        Pin pin = governance.pin(named.model(), given == null ? alias.name() : given, alias.name(), asked);
        return "Alias " + alias.name() + " of " + pin.model() + " is held at version " + pin.version() + ".";
    }
}
