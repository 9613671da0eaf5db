package dev.millrace.trainer;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Compute;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Folds a version again: the base or one of its ancestors, and the ledger from there to where the version stands, with all
 * that its line recorded. On the hardware that the record names, the same bytes come out.
 *
 * <pre>{@code
 * try (LedgerReader ledger = LedgerReader.open(client, "training-examples", "support")) {
 *     ReplayOutcome outcome = Replay.of(version, registry, base, store).run(ledger, OptionalLong.empty(), done -> {});
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class Replay {

    /** A replay makes no versions on its way. */
    private static final VersionPolicy NEVER =
            new VersionPolicy(Long.MAX_VALUE, Duration.ofDays(36_500), Duration.ofDays(36_500), 1);

    private final VersionRecord version;
    private final List<VersionRecord> line;
    private final PretrainedModel base;
    private final ArtifactStore store;

    private Replay(VersionRecord version, List<VersionRecord> line, PretrainedModel base, ArtifactStore store) {
        this.version = version;
        this.line = line;
        this.base = base;
        this.store = store;
    }

    /**
     * Prepares a replay.
     *
     * @param version what to fold again
     * @param registry with all versions of its line
     * @param published the pretrained model that the line began with
     * @param store with the files of the version, and of the ancestor to begin with
     * @return the replay, to be run
     * @throws ReplayException when the base is another one, or a version of the line is gone
     */
    public static Replay of(
            VersionRecord version, ModelRegistry registry, PretrainedModel published, ArtifactStore store) {
        PretrainedModel base = Recipe.of(version.settings()).kept(published);
        BaseFiles.contents(base).forEach((role, content) -> requireRecorded(version, base.name(), role, content));
        try {
            return new Replay(version, Line.to(registry, version), base, store);
        } catch (IllegalStateException e) {
            throw new ReplayException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void requireRecorded(
            VersionRecord version, String base, String role, ArtifactStore.Content content) {
        String recorded = version.artifact(role).map(Artifact::sha256).orElse("");
        String here = ContentDigest.of(content);
        if (!recorded.equals(here)) {
            throw new ReplayException("The base is gone: version " + version.version() + " began with " + version.base()
                    + ", whose file " + role + " had the SHA-256 " + recorded + ", and that of " + base + " here has "
                    + here);
        }
    }

    /**
     * Folds.
     *
     * @param ledger of the model
     * @param from the number of the ancestor to begin with, or empty for the base
     * @param progress told now and then how many examples are folded in
     * @return how what came out compares with what the record says
     * @throws ReplayException when an input is gone
     */
    public ReplayOutcome run(LedgerReader ledger, OptionalLong from, LongConsumer progress) {
        @Nullable VersionRecord ancestor = from.isPresent() ? ancestor(from.getAsLong()) : null;
        List<Lineage> lineages = lineagesAfter(ancestor);
        long start = lineages.isEmpty()
                ? version.position().nextOffset()
                : lineages.get(0).fromOffset();
        requireLedger(ledger, start, ancestor);
        OffsetRanges known = Course.forgotten(lineages);
        OffsetRanges later = forgottenLater(ledger, start, known);
        Course course = Course.again(start, ancestor == null, lineages, known.and(later), Long.MAX_VALUE);
        Recipe recipe = Recipe.of(version.settings());
        try (Network network = recipe.network(base, compute());
                Tokenizer tokenizer = base.tokenizer(recipe.maxTokens())) {
            Workbench bench = new Workbench(base, network, tokenizer, recipe);
            ModelOpener opener = new ModelOpener(model -> bench, NEVER, store, TrainingObserver.NONE, System::nanoTime);
            try (ModelTraining training = open(opener, ancestor, lineages, course)) {
                long examples = fold(training, ledger, start, progress);
                return compare(training.checkpoint().checkpoint(), examples, network.runtime(), later);
            }
        }
    }

    private VersionRecord ancestor(long number) {
        return line.stream()
                .filter(candidate -> candidate.version() == number && number != version.version())
                .findFirst()
                .orElseThrow(() -> new ReplayException("Version " + number + " is no ancestor of version "
                        + version.version() + "; its ancestors are "
                        + line.subList(0, line.size() - 1).stream()
                                .map(VersionRecord::version)
                                .toList()));
    }

    private List<Lineage> lineagesAfter(@Nullable VersionRecord ancestor) {
        try {
            return line.subList(ancestor == null ? 0 : line.indexOf(ancestor) + 1, line.size()).stream()
                    .map(Line::lineage)
                    .toList();
        } catch (IllegalStateException e) {
            throw new ReplayException(String.valueOf(e.getMessage()), e);
        }
    }

    private void requireLedger(LedgerReader ledger, long start, @Nullable VersionRecord ancestor) {
        String topic = version.position().topic();
        if (!ledger.partition().topic().equals(topic)
                || ledger.partition().partition() != version.position().partition()) {
            throw new ReplayException("Version " + version.version() + " was trained from partition "
                    + version.position().partition() + " of " + topic + ", not from " + ledger.partition());
        }
        long beginning = ledger.beginning();
        if (beginning > start) {
            String way = line.stream()
                    .filter(other -> other.position().nextOffset() >= beginning
                            && other.version() < version.version()
                            && CheckpointFiles.isStateThere(store, other))
                    .findFirst()
                    .map(other -> "Begin with version " + other.version() + " (--from " + other.version()
                            + "), whose training state is still there")
                    .orElse("No version from which it could begin has its training state any more");
            throw new ReplayException("The ledger is gone from offset " + start + " to " + (beginning - 1) + ", which a"
                    + " replay from " + (ancestor == null ? "the base" : "version " + ancestor.version())
                    + " needs. " + way);
        }
        if (ledger.end() < version.position().nextOffset()) {
            throw new ReplayException("The ledger ends at offset " + ledger.end() + ", before version "
                    + version.version() + " does: it was deleted and made anew");
        }
    }

    /** What the version saw, and was to be forgotten after it. */
    private OffsetRanges forgottenLater(LedgerReader ledger, long start, OffsetRanges known) {
        OffsetRanges later = OffsetRanges.NONE;
        long end = ledger.end();
        ledger.seek(version.position().nextOffset());
        while (ledger.position() < end) {
            for (LedgerReader.Entry entry : ledger.poll()) {
                if (entry.content() instanceof ControlRecord control
                        && control.action() instanceof ControlRecord.Forget forget) {
                    later = later.and(
                            forget.offsets().within(start, version.position().nextOffset()));
                }
            }
        }
        return known.containsAll(later) ? OffsetRanges.NONE : later;
    }

    private Compute compute() {
        Map<String, String> runtime = version.runtime();
        Compute.Place place =
                "gpu".equals(runtime.get("device")) && Compute.hasGpu() ? Compute.Place.GPU : Compute.Place.CPU;
        Compute.Precision precision = Compute.Precision.valueOf(
                runtime.getOrDefault("precision", "float32").toUpperCase(Locale.ROOT));
        return new Compute(place, precision, Integer.parseInt(runtime.getOrDefault("threads", "0")));
    }

    private ModelTraining open(
            ModelOpener opener, @Nullable VersionRecord ancestor, List<Lineage> lineages, Course course) {
        if (ancestor == null) {
            return opener.again(version.model(), Line.firstRecipe(lineages), course);
        }
        try {
            return opener.again(ancestor, course);
        } catch (IOException e) {
            throw new ReplayException(
                    "The training state of version " + ancestor.version() + " is gone: " + e.getMessage(), e);
        }
    }

    private long fold(ModelTraining training, LedgerReader ledger, long start, LongConsumer progress) {
        long target = version.position().nextOffset();
        ledger.seek(start);
        while (ledger.position() < target) {
            for (LedgerReader.Entry entry : ledger.poll()) {
                if (entry.offset() < target) {
                    training.append(entry.offset(), entry.timestamp(), entry.content());
                }
            }
            drain(training, ledger, progress);
        }
        training.reach(target);
        drain(training, ledger, progress);
        // What closed the last mini-batch may lie behind the version.
        training.flush();
        if (training.nextOffset() > target || training.waiting() > 0) {
            throw new IllegalStateException("the replay of version " + version.version() + " ended at offset "
                    + training.nextOffset() + " and not at " + target);
        }
        return training.examples();
    }

    private static void drain(ModelTraining training, LedgerReader ledger, LongConsumer progress) {
        while (training.hasMiniBatch()) {
            training.learnNext();
            progress.accept(training.examples());
        }
        training.takeSeek().ifPresent(ledger::seek);
    }

    private ReplayOutcome compare(
            Checkpoint replayed, long examples, Map<String, String> runtime, OffsetRanges removedLater) {
        Map<String, String> recorded = new TreeMap<>();
        Map<String, String> here = new TreeMap<>();
        CheckpointFiles.contents(version.model(), replayed).forEach((role, content) -> {
            version.artifact(role).ifPresent(artifact -> recorded.put(role, artifact.sha256()));
            here.put(role, ContentDigest.of(content));
        });
        OptionalDouble distance = recorded.equals(here) ? OptionalDouble.empty() : distance(replayed);
        return new ReplayOutcome(recorded, here, examples, otherRuntime(runtime), distance, removedLater);
    }

    private OptionalDouble distance(Checkpoint replayed) {
        try {
            Artifact weights = version.artifact(Classifier.WEIGHTS)
                    .orElseThrow(() -> new IOException("the record names no weights"));
            return OptionalDouble.of(WeightDistance.between(
                    CheckpointFiles.weights(replayed), ClassifierWeights.read(store.fetch(weights)), base));
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    private List<String> otherRuntime(Map<String, String> here) {
        List<String> others = new ArrayList<>();
        new TreeMap<>(version.runtime()).forEach((name, recorded) -> {
            String own = here.getOrDefault(name, "unknown");
            if (!own.equals(recorded)) {
                others.add(name + ": " + recorded + " recorded, " + own + " here");
            }
        });
        return others;
    }
}
