package dev.millrace.app;

import dev.millrace.registry.Alias;
import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace registry promote}: moves an alias to a version. */
@Command(
        name = "promote",
        description = {
            "Move an alias to a version, whatever the gate said of it. A pin on the alias is taken away.",
            "The trainer moves the champion again when its next version passes the gate; pin keeps it where it is."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry promote support 12 --reason \"checked by hand\"",
            "  millrace registry promote support champion --alias stable"
        })
final class RegistryPromoteCommand extends GovernanceCommand {

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Mixin
    private final AliasOption alias = new AliasOption();

    RegistryPromoteCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        Alias moved = governance.promote(named.model(), required(named.given()), alias.name(), asked);
        return "Alias " + alias.name() + " of " + moved.model() + " leads to version " + moved.version()
                + (moved.previous() == null ? "." : "; before, to version " + moved.previous() + ".");
    }
}
