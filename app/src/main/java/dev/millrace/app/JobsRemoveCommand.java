package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code millrace jobs remove}: ends what {@code create} began. */
@Command(
        name = "remove",
        description = {
            "Remove a job that was created: its examples are refused within a second, and a trainer that starts or takes"
                    + " its partition over does not train it any more. Its versions stay; a process that serves one goes on until it ends."
        },
        footer = {"", "Examples:", "  millrace jobs remove fraud --reason \"the team has gone\""})
final class JobsRemoveCommand extends GovernanceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    JobsRemoveCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        governance.removeJob(model, asked);
        return "The job for " + model + " is removed; its versions stay.";
    }
}
