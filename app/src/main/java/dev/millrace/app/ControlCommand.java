package dev.millrace.app;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.ControlRecord.Action;
import dev.millrace.trainer.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.RecordMetadata;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace control}: steers a training through its ledger. */
@Command(
        name = "control",
        description = {
            "Steer the training of a model: a record in its ledger that takes effect between two mini-batches, where it"
                    + " lies among the examples. Every replay honours it.",
            "",
            "set: from here on, other settings of the recipe, such as encoder-learning-rate (learning-rate is the same;"
                    + " the head's follows), batch-size or rehearsal-ratio.",
            "pause: what follows waits in the ledger until resume, and is then learned as if nothing had been.",
            "freeze: what follows is answered and counted, but not learned, until resume.",
            "resume: ends both.",
            "checkpoint: a version of what was learned up to here.",
            "retire-label: from here on no answer names the label, and its past examples are not learned again; a later"
                    + " example that has it brings it back, anew.",
            "rename-label: from here on the label has another name, and later examples with the old name count as it.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace control support set recipe.learning-rate=1e-4 --reason \"drift since Monday\"",
            "  millrace control support pause",
            "  millrace control support checkpoint",
            "  millrace control support rename-label card_arrival card-delivery"
        })
final class ControlCommand implements Runnable {

    private enum Verb {
        SET,
        PAUSE,
        RESUME,
        FREEZE,
        CHECKPOINT,
        RETIRE_LABEL,
        RENAME_LABEL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Parameters(index = "1", paramLabel = "ACTION", description = "${COMPLETION-CANDIDATES}, in any case.")
    private Verb verb = Verb.SET;

    @Parameters(
            index = "2..*",
            paramLabel = "NAME=VALUE|LABEL",
            description =
                    "New settings for set; the label for retire-label; the label and its new name for rename-label.")
    private List<String> details = new ArrayList<>();

    @Mixin
    private final AskedBy asked = new AskedBy();

    ControlCommand(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.load().settings();
        Action action = action(settings.forModel(model).recipe());
        ControlRecord control = new ControlRecord(model, action, around.clock().instant(), asked.by(), asked.reason());
        RecordMetadata place = LedgerControl.append(settings, control);
        String detail = action instanceof ControlRecord.Set set
                ? " " + new TreeMap<>(set.settings())
                : String.join(" ", details).replaceFirst("^(?=.)", " ");
        around.out()
                .println(action.verb() + detail + " of " + model + " lies at offset " + place.offset() + " of "
                        + place.topic() + ", partition " + place.partition()
                        + "; it takes effect when the trainer comes there.");
        around.out().flush();
    }

    private Action action(Recipe configured) {
        int labels = switch (verb) {
            case RETIRE_LABEL -> 1;
            case RENAME_LABEL -> 2;
            default -> 0;
        };
        if (verb != Verb.SET && details.size() != labels) {
            throw new CommandException(verb + " takes "
                    + (labels == 0 ? "nothing more" : labels == 1 ? "the label" : "the label and its new name")
                    + ", but got " + details);
        }
        return switch (verb) {
            case SET -> new ControlRecord.Set(changes(configured));
            case PAUSE -> new ControlRecord.Pause();
            case RESUME -> new ControlRecord.Resume();
            case FREEZE -> new ControlRecord.Freeze();
            case CHECKPOINT -> new ControlRecord.Checkpoint();
            case RETIRE_LABEL -> labelled(() -> new ControlRecord.RetireLabel(details.get(0)));
            case RENAME_LABEL -> labelled(() -> new ControlRecord.RenameLabel(details.get(0), details.get(1)));
        };
    }

    private static Action labelled(Supplier<Action> action) {
        try {
            return action.get();
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private Map<String, String> changes(Recipe configured) {
        if (details.isEmpty()) {
            throw new CommandException("set what? Give NAME=VALUE, where NAME is one of "
                    + String.join(", ", configured.asMap().keySet()));
        }
        return RecipeChanges.read(details, configured);
    }
}
