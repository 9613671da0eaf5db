package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.LedgerReader;
import dev.millrace.trainer.ReplayException;
import dev.millrace.trainer.UnlearningPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace registry unlearn}: a version that never saw some examples. */
@Command(
        name = "unlearn",
        description = {
            "Make a version that never saw some examples: the trainer goes back to the last version that had not seen"
                    + " them, and trains on from there without them. The result is to the bit what it would be had they"
                    + " never come.",
            "What is removed, by whom and why is in the lineage of that version, and in the ledger for good, so that"
                    + " every later replay leaves them out as well. The trainer must be running, or be started.",
            "The examples stay in the ledger until its retention removes them; versions made before keep what they"
                    + " learned, and their weights stay in the store."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry unlearn support --source crm --reason \"consent withdrawn\"",
            "  millrace registry unlearn support --ids ids.txt --dry-run",
            "  millrace registry unlearn support --offsets 1200..1299 --reason \"mislabelled batch\""
        })
final class RegistryUnlearnCommand implements Runnable {

    private static final Duration BETWEEN_TWO_LOOKS = Duration.ofSeconds(1);

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @ArgGroup(multiplicity = "1")
    private Selection selection = new Selection();

    @Option(names = "--dry-run", description = "Say what would be removed, and remove nothing.")
    private boolean dryRun;

    @Option(names = "--no-wait", description = "Do not wait until the version is there.")
    private boolean noWait;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Mixin
    private final AskedBy asked = new AskedBy();

    /** One way to name examples. */
    static final class Selection {

        @Option(names = "--source", paramLabel = "NAME", description = "All that came from this source so far.")
        private @Nullable String source;

        @Option(
                names = "--ids",
                paramLabel = "FILE",
                description = "Those whose ids are in this file, one on each line.")
        private @Nullable Path ids;

        @Option(names = "--offsets", paramLabel = "A..B", description = "Those at these offsets of the ledger.")
        private @Nullable String offsets;

        private Set<String> idsIn(Path directory) {
            Path file = directory.resolve(ids == null ? Path.of("") : ids);
            try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
                Set<String> wanted = new HashSet<>();
                lines.map(String::strip).filter(line -> !line.isEmpty()).forEach(wanted::add);
                return wanted;
            } catch (IOException e) {
                throw new CommandException("cannot read " + file + ": " + e.getMessage(), e);
            }
        }

        private String inWords() {
            return source != null ? "source " + source : ids != null ? "the ids in " + ids : "offsets " + offsets;
        }
    }

    private interface Wanted {
        boolean is(long offset, LabelledExample example);
    }

    private record Found(OffsetRanges offsets, long wanted, long all, long beginning) {}

    RegistryUnlearnCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        ModelRegistry registry = options.read(settings);
        Found found = find(settings, wanted());
        if (found.wanted == 0) {
            throw new CommandException("nothing to remove: of " + found.all + " examples of " + model
                    + " in the ledger, none is of " + selection.inWords());
        }
        if (found.wanted == found.all) {
            throw new CommandException("all " + found.all + " examples of " + model + " are of " + selection.inWords()
                    + ": nothing would be left to make a version of; give the model up, and start another");
        }
        UnlearningPlan plan = plan(settings, registry, found);
        String from =
                plan.ancestor().map(version -> "version " + version.version()).orElse("the base");
        ObjectNode told = JsonNodeFactory.instance
                .objectNode()
                .put("model", model)
                .put("examples", found.wanted)
                .put("of", found.all)
                .put("from", from)
                .put("fromOffset", plan.fromOffset());
        say(found.wanted + " of " + found.all + " examples of " + model + " are of " + selection.inWords()
                + "; training again from " + from + ", offset " + plan.fromOffset());
        if (!dryRun) {
            ask(settings, found, told);
        }
        if (json.given()) {
            json.print(around.out(), told);
            around.out().flush();
        }
    }

    private void say(String line) {
        if (!json.given()) {
            around.out().println(line);
            around.out().flush();
        }
    }

    private void ask(Settings settings, Found found, ObjectNode told) {
        RecordMetadata place = LedgerControl.append(
                settings,
                new ControlRecord(
                        model,
                        new ControlRecord.Forget(found.offsets, selection.inWords()),
                        around.clock().instant(),
                        asked.by(),
                        asked.reason()));
        told.put("askedAt", place.offset());
        say("Asked for at offset " + place.offset() + " of the ledger.");
        if (noWait) {
            return;
        }
        VersionRecord unlearned = await(settings, place.offset());
        told.put("version", unlearned.version());
        say("Version " + unlearned.version() + " of " + model + " has never seen them: "
                + unlearned.examples() + " examples"
                + (unlearned.parent() == null ? ", from the base" : ", after version " + unlearned.parent()));
    }

    private VersionRecord await(Settings settings, long offset) {
        say("Waiting for the trainer, which may take as long as it took to learn what is learned again.");
        while (true) {
            for (VersionRecord version : options.read(settings).versions(model)) {
                Lineage lineage = version.lineage();
                if (lineage != null && lineage.interventions().stream().anyMatch(done -> done.offset() == offset)) {
                    return version;
                }
            }
            LockSupport.parkNanos(BETWEEN_TWO_LOOKS.toNanos());
        }
    }

    private Wanted wanted() {
        if (selection.source != null) {
            String source = selection.source;
            return (offset, example) -> source.equals(example.source());
        }
        if (selection.ids != null) {
            Set<String> ids = selection.idsIn(around.directory());
            return (offset, example) -> ids.contains(example.id());
        }
        try {
            OffsetRanges offsets = OffsetRanges.parse(String.valueOf(selection.offsets));
            return (offset, example) -> offsets.contains(offset);
        } catch (IllegalArgumentException e) {
            throw new CommandException("--offsets: " + e.getMessage(), e);
        }
    }

    private Found find(Settings settings, Wanted wanted) {
        List<Long> offsets = new ArrayList<>();
        long all = 0;
        try (LedgerReader ledger = LedgerReader.open(
                        settings.kafka().clientProperties(), settings.topics().trainingExamples(), model);
                Progress progress = Progress.begin(around, "Searching", "offsets", ledger.end())) {
            long end = ledger.end();
            while (ledger.position() < end) {
                for (LedgerReader.Entry entry : ledger.poll()) {
                    if (entry.content() instanceof LabelledExample example) {
                        all++;
                        if (wanted.is(entry.offset(), example)) {
                            offsets.add(entry.offset());
                        }
                    }
                }
                progress.to(ledger.position());
            }
            return new Found(OffsetRanges.of(offsets), offsets.size(), all, ledger.beginning());
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new CommandException("the ledger cannot be searched: " + e.getMessage(), e);
        }
    }

    private UnlearningPlan plan(Settings settings, ModelRegistry registry, Found found) {
        try {
            return UnlearningPlan.of(registry, model, found.offsets, found.beginning, options.store(settings));
        } catch (ReplayException | IllegalStateException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }
}
