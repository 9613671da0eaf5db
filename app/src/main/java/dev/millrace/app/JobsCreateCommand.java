package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.JobTerms;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace jobs create}: begins to train one more model. */
@Command(
        name = "create",
        description = {
            "Create a job: from now on, ingest takes examples of the model and a trainer learns them, without a restart."
                    + " What is not given here is as it is in the settings of this command now, and stays so."
        },
        footer = {
            "",
            "Examples:",
            "  millrace jobs create fraud",
            "  millrace jobs create fraud batch-size=8 frozen-layers=4 --base bge-small-en-v1.5 --reason \"new team\""
        })
final class JobsCreateCommand extends GovernanceCommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Parameters(
            index = "1..*",
            paramLabel = "NAME=VALUE",
            description = "Settings of its recipe; \"millrace settings\" lists them, with trainer. before their names.")
    private List<String> recipe = new ArrayList<>();

    @Option(
            names = "--base",
            paramLabel = "NAME",
            description = "The pretrained model that it starts from. Default: the setting trainer.base.")
    private @Nullable String base;

    JobsCreateCommand(Surroundings around) {
        super(around);
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        JobTerms terms;
        try {
            terms = new JobCompletion(settings).complete(model, base, RecipeChanges.assigned(recipe));
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
        governance.createJob(model, terms.base(), terms.settings(), asked);
        return "There is a job for " + model + " now; it starts from " + terms.base() + " with the first example.";
    }
}
