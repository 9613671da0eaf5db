package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.JobRecord;
import dev.millrace.trainer.Recipe;
import java.time.Instant;
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
        if (settings.models().contains(model)) {
            throw new CommandException(
                    "the setting models names " + model + " already; a job can only be created for" + " another model");
        }
        Recipe own = settings.recipe().with(RecipeChanges.read(recipe, settings.recipe()));
        String from = base == null ? settings.trainer().base() : base;
        try {
            CreatedJobs.of(settings, new JobRecord(model, from, own.asMap(), Instant.EPOCH, "", ""));
        } catch (IllegalArgumentException e) {
            throw new CommandException("no job was created: " + e.getMessage(), e);
        }
        governance.createJob(model, from, own.asMap(), asked);
        return "There is a job for " + model + " now; it starts from " + from + " with the first example.";
    }
}
