package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.Neighbours;
import dev.millrace.model.Network;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a training holds between two steps comes back from the files of a checkpoint. The fields are found, not listed:
 * one that is added and forgotten in the checkpoint fails here, and so does one that this stream does not move.
 */
@Timeout(120)
class CheckpointCompletenessTest {

    private static final VersionPolicy POLICY = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);

    /** What is handed in: the same object must have come in again, and no part of it is the model's own. */
    private static final Set<String> HANDED_IN = Set.of(
            "ModelTraining.tokenizer",
            "ModelTraining.observer",
            "ModelTraining.policy",
            "Learner.network",
            "Learner.nanoTime",
            "GrowingHead.network",
            "Voting.network");

    /** What is another one after every start. */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "ModelTraining.course",
                    "made of the records in the registry, not of the checkpoint: where it begins differs",
            "ModelTraining.live",
                    "the newest answers, for the watch over the champion: no model depends on them, and they begin anew",
            "TrainingExample.replaces",
                    "null in all that is remembered: what an example corrects is dropped before it is one of that",
            "Learner.still", "found out from the weights and the recipe, whenever it is not known",
            "ParameterGroup.owner", "owns native memory",
            "Neighbours.manager", "owns native memory",
            "Neighbours.blocks", "copies of the rows on the device, made when they are asked for");

    /** What is compared, but cannot be otherwise than in a model that has seen nothing. */
    private static final Map<String, String> UNMOVED = new TreeMap<>(Map.ofEntries(
            Map.entry("model", "its name"),
            Map.entry("tokenizer", "handed in"),
            Map.entry("policy", "handed in"),
            Map.entry("observer", "handed in"),
            Map.entry("learner.network", "handed in"),
            Map.entry("learner.nanoTime", "handed in"),
            Map.entry("learner.head.network", "handed in"),
            Map.entry("learner.recipe.values#keys", "the names of the settings"),
            Map.entry("steering.recipe.values#keys", "the names of the settings"),
            Map.entry("steering.configured.values#keys", "the names of the settings"),
            Map.entry("learner.voting.network", "handed in"),
            Map.entry("learner.voting.capacity", "a fixed setting of the recipe"),
            Map.entry("learner.voting.neighbours.hidden", "a dimension of the base"),
            Map.entry("learner.voting.linear.statistics.dimension", "a dimension of the base"),
            Map.entry("learner.voting.linear.schedule.refresh", "a constant"),
            Map.entry("learner.voting.linear.schedule.growth", "a constant"),
            Map.entry("learner.voting.correct#keys", "who votes is a fixed setting of the recipe"),
            Map.entry("learner.encoder.names", "the tensors of the network"),
            Map.entry("learner.encoder.parts#keys", "an enumeration"),
            Map.entry("ledger.forgotten", "part of the course"),
            Map.entry("ledger.script", "part of the course, and all of it is met"),
            Map.entry("ledger.pending", "waits in memory, and is read from the ledger again"),
            Map.entry("ledger.examples", "waits in memory, and is read from the ledger again"),
            Map.entry("lineage.interventions", "since the version before, and a checkpoint is a version"),
            Map.entry("lineage.earlyBoundaries", "since the version before, and a checkpoint is a version"),
            Map.entry("lineage.setAside", "since the version before, and a checkpoint is a version"),
            Map.entry("deadLetters", "since the version before, and a checkpoint is a version"),
            Map.entry("progress", "since the version before, and a checkpoint is a version"),
            Map.entry("seek", "asked for once"),
            Map.entry("demand", "a model that has to unlearn makes no version any more")));

    private static final Map<String, String> OTHER_SETTINGS = Map.ofEntries(
            Map.entry("batch-size", "4"),
            Map.entry("max-batch-age", "PT30M"),
            Map.entry("rehearsal-ratio", "0.5"),
            Map.entry("rehearsal-capacity", "20"),
            Map.entry("encoder-learning-rate", "0.001"),
            Map.entry("head-learning-rate-factor", "5.0"),
            Map.entry("weight-decay", "0.02"),
            Map.entry("gradient-clip", "2.0"),
            Map.entry("label-smoothing", "0.1"),
            Map.entry("ema-decay", "0.8"),
            Map.entry("head-scale", "9.0"),
            Map.entry("optimizer", "schedule-free"),
            Map.entry("layer-decay", "0.9"),
            Map.entry("thaw-every-examples", "10"),
            Map.entry("schedule", "inverse-sqrt"),
            Map.entry("schedule-steps", "50"),
            Map.entry("warm-up-steps", "3"),
            Map.entry("accumulation", "2"),
            Map.entry("class-weights", "balanced"),
            Map.entry("asymmetric-loss", "true"),
            Map.entry("contrast", "0.1"),
            Map.entry("distillation", "0.2"),
            Map.entry("dropout", "0.05"),
            Map.entry("head-dropout", "0.05"),
            Map.entry("rehearsal-selection", "balanced"),
            Map.entry("drift-reaction", "raise-rate"),
            Map.entry("drift-confidence", "0.02"),
            Map.entry("holdout-share", "0.2"),
            Map.entry("holdout-window", "7"),
            Map.entry("seed", "43"));

    @TempDir
    Path folder;

    @Test
    void everyFieldOfATrainingComesBackFromTheFilesOfItsCheckpoint() throws IOException {
        PretrainedModel base = PoisonedBase.model();
        Recipe recipe = TinyRecipe.standard();
        try (Network network = Network.load(base, TinyBase.CPU, 0);
                Tokenizer tokenizer = base.tokenizer(recipe.maxTokens())) {
            Openings open = new Openings(base, network, tokenizer, () -> 0);
            try (ModelTraining fresh = open.fresh(recipe, Course.beginning(0));
                    ModelTraining trained = open.fresh(recipe, startedOtherwise())) {
                feed(trained, eventfulLedger());
                Snapshot snapshot = trained.checkpoint();
                ResumedRun.write(snapshot.checkpoint(), folder);

                Checkpoint read = ResumedRun.read(folder);
                Recipe configured = read.steering().configured();
                Course onwards = Course.onwards(snapshot.nextOffset(), read.steering(), configured);
                try (ModelTraining resumed = open.from(read, onwards)) {
                    Map<String, List<String>> values = graph(trained);
                    assertThat(differences(graph(resumed), values))
                            .as("what did not come back from the checkpoint")
                            .isEmpty();
                    assertThat(unmoved(graph(fresh), values))
                            .as("no test of what this stream does not move: extend it")
                            .isEmpty();
                }
            }
        }
    }

    private static Map<String, List<String>> graph(ModelTraining training) {
        return new TreeMap<>(StateGraph.of(training, HANDED_IN, LEFT_OUT.keySet()));
    }

    private static Set<String> differences(Map<String, List<String>> some, Map<String, List<String>> others) {
        Set<String> paths = new HashSet<>(some.keySet());
        paths.addAll(others.keySet());
        paths.removeIf(path -> Optional.ofNullable(some.get(path)).equals(Optional.ofNullable(others.get(path))));
        return paths;
    }

    private static Set<String> unmoved(Map<String, List<String>> fresh, Map<String, List<String>> trained) {
        Set<String> unmoved = new HashSet<>(trained.keySet());
        unmoved.removeAll(differences(fresh, trained));
        // A field of many elements that has one value in all of them could be lost unseen.
        trained.forEach((path, values) -> {
            if (path.contains("[].") && new HashSet<>(values).size() < 2) {
                unmoved.add(path);
            }
        });
        // Where there are elements, they are looked at themselves.
        unmoved.removeIf(path -> path.endsWith(StateGraph.SIZE)
                && !trained.getOrDefault(path, List.of()).contains("0"));
        unmoved.removeIf(path -> UNMOVED.keySet().stream().anyMatch(known -> isPartOf(path, known)));
        return unmoved;
    }

    private static boolean isPartOf(String path, String field) {
        return path.equals(field) || (path.startsWith(field) && ".[#".indexOf(path.charAt(field.length())) >= 0);
    }

    @Test
    void whatIsSaidOfFieldsIsTrue() {
        // An entry of a field that is gone would one day excuse another of its name.
        PretrainedModel base = TinyBase.model();
        try (Network network = Network.load(base, TinyBase.CPU, 0);
                Tokenizer tokenizer = base.tokenizer(32);
                ModelTraining fresh = new Openings(base, network, tokenizer, () -> 0)
                        .fresh(TinyRecipe.standard(), Course.beginning(0))) {
            Set<String> paths = graph(fresh).keySet();
            assertThat(UNMOVED.keySet()).allSatisfy(known -> assertThat(paths).anyMatch(path -> isPartOf(path, known)));
            assertThat(LEFT_OUT.keySet())
                    .allSatisfy(field -> assertThat(classes())
                            .anySatisfy(type -> assertThat(type.getDeclaredFields())
                                    .anyMatch(declared ->
                                            field.equals(type.getSimpleName() + "." + declared.getName()))));
        }
    }

    private static List<Class<?>> classes() {
        return List.of(
                ModelTraining.class, Learner.class, ParameterGroup.class, Neighbours.class, TrainingExample.class);
    }

    /** The trainer is started with other settings after some examples. */
    private static Course startedOtherwise() {
        return new Course(0, true, List.of(new LedgerEntry.Reconfigured(20, OTHER_SETTINGS)), OffsetRanges.NONE, 0);
    }

    /** Weights, new labels, more examples than are rehearsed, poison, and what controls do; it ends in a pause. */
    private static List<LedgerRecord> eventfulLedger() {
        List<LedgerRecord> ledger = new ArrayList<>();
        for (LabelledExample example : HelpDesk.examples("support", 100, 1)) {
            if (ledger.size() == 40) {
                ledger.addAll(drifting(48));
                ledger.add(control(new ControlRecord.RetireLabel("other")));
                ledger.add(control(new ControlRecord.RenameLabel("one", "another")));
            }
            ledger.add(new LabelledExample(
                    example.id(),
                    example.model(),
                    example.text(),
                    example.label(),
                    example.time(),
                    example.source(),
                    0.5 + ledger.size() % 3));
        }
        ledger.add(control(new ControlRecord.Set(Map.of("weight-decay", "0.03", "drift-reaction", "thaw"))));
        ledger.addAll(drifting(48));
        ledger.addAll(PoisonedBase.miniBatch("poison", "cards").subList(0, 4));
        ledger.add(control(new ControlRecord.Freeze()));
        ledger.addAll(HelpDesk.examples("support", 12, 3));
        ledger.add(control(new ControlRecord.Pause()));
        return ledger;
    }

    /** Two texts over and over, whose labels are swapped at half. */
    private static List<LabelledExample> drifting(int count) {
        List<LabelledExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String label = i % 2 == 0 ^ i < count / 2 ? "one" : "other";
            String text = i % 2 == 0 ? "the parcel is lost" : "my card does not work";
            examples.add(new LabelledExample("drift" + i, "support", text, label, HelpDesk.START, null, 0.5 + i % 3));
        }
        return examples;
    }

    private static ControlRecord control(ControlRecord.Action action) {
        return new ControlRecord("support", action, HelpDesk.START, "ann", "a test");
    }

    private static void feed(ModelTraining training, List<LedgerRecord> ledger) {
        for (int offset = 0; offset < ledger.size(); offset++) {
            training.append(offset, HelpDesk.START.plusSeconds(offset), ledger.get(offset));
            while (training.hasMiniBatch()) {
                training.learnNext();
                if (training.isVersionDue() && offset < ledger.size() - 1) {
                    training.checkpoint();
                }
            }
        }
        assertThat(training.takeSeek()).isEqualTo(OptionalLong.of(ledger.size()));
        assertThat(training.nextOffset()).isEqualTo(ledger.size());
    }

    /** Makes trainings as {@link ModelOpener} does. */
    private record Openings(PretrainedModel base, Network network, Tokenizer tokenizer, LongSupplier nanoTime) {

        ModelTraining fresh(Recipe recipe, Course course) {
            Learner learner = Learner.fresh(network, base, recipe, nanoTime);
            Checkpoint nothing = Checkpoint.fresh(learner.snapshot(), recipe);
            return new ModelTraining(nothing, learner, "support", tokenizer, POLICY, TrainingObserver.NONE, course);
        }

        ModelTraining from(Checkpoint checkpoint, Course course) {
            Recipe current = checkpoint.steering().recipe();
            Learner learner = Learner.restored(network, current, checkpoint.learner(), nanoTime);
            return new ModelTraining(checkpoint, learner, "support", tokenizer, POLICY, TrainingObserver.NONE, course);
        }
    }

    @Test
    void stoppedAnywhereAndGoneOnFromFilesItGivesTheSameBytes() throws IOException {
        Random random = new Random(20261124);
        for (long seed = 1; seed <= 3; seed++) {
            int cut = 1 + random.nextInt(19);
            String straight = digest(ResumedRun.train(Optional.empty(), 0, batches(20), seed));

            ResumedRun.write(
                    ResumedRun.train(Optional.empty(), 0, batches(cut), seed).checkpoint(), folder);
            Snapshot resumed = ResumedRun.train(Optional.of(ResumedRun.read(folder)), batches(cut), batches(20), seed);

            assertThat(digest(resumed))
                    .as("stream %s, cut after %s of 20 mini-batches", seed, cut)
                    .isEqualTo(straight);
        }
    }

    private static long batches(int count) {
        return (long) count * TinyRecipe.BATCH;
    }

    private static String digest(Snapshot snapshot) {
        return ResumedRun.digest(snapshot.checkpoint());
    }
}
