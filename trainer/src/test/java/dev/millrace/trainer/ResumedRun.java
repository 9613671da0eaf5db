package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.ArtifactStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Trains a stretch of one fixed stream, from the base or from the files of a checkpoint, in this process or another. */
final class ResumedRun {

    static final String WEIGHTS = "weights";
    static final String STATE = "training-state";

    private static final int BATCHES = 20;
    private static final long NEVER = -1;

    private ResumedRun() {}

    /**
     * Goes on from the files in one folder and leaves those of the end in another.
     *
     * @param arguments folder to go on from, offset to go on from, offset to stop at, folder to write to
     */
    public static void main(String[] arguments) throws IOException {
        Checkpoint start = read(Path.of(arguments[0]));
        Snapshot end = train(Optional.of(start), Long.parseLong(arguments[1]), Long.parseLong(arguments[2]));
        write(end.checkpoint(), Path.of(arguments[3]));
    }

    /** The model after the ledger up to an offset; the last mini-batch is closed early if the log did not. */
    static Snapshot train(Optional<Checkpoint> start, long begin, long end) {
        return train(start, begin, end, 1);
    }

    /** The same on another stream. */
    static Snapshot train(Optional<Checkpoint> start, long begin, long end, long seed) {
        return train(
                start, begin, end, HelpDesk.examples("support", BATCHES * TinyRecipe.BATCH, seed), Map.of(), NEVER);
    }

    /** The same on any ledger, by a recipe with other settings besides, with a mini-batch closed early before an offset. */
    static Snapshot train(
            Optional<Checkpoint> start,
            long begin,
            long end,
            List<LabelledExample> ledger,
            Map<String, String> settings,
            long early) {
        PretrainedModel base = TinyBase.model();
        Recipe recipe = TinyRecipe.with(64, 0, 42).with(settings);
        VersionPolicy policy = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);
        LongSupplier stopped = () -> 0;
        try (Network network = Network.load(base, TinyBase.CPU, 0);
                Tokenizer tokenizer = Tokenizer.of(base.tokenizerJson(), recipe.maxTokens())) {
            Learner learner = start.isPresent()
                    ? Learner.restored(network, recipe, start.get().learner(), stopped)
                    : Learner.fresh(network, base, recipe, stopped);
            Checkpoint from = start.orElseGet(() -> Checkpoint.fresh(learner.snapshot(), recipe));
            Course course =
                    start.isPresent() ? Course.onwards(begin, from.steering(), recipe) : Course.beginning(begin);
            try (ModelTraining training =
                    new ModelTraining(from, learner, "support", tokenizer, policy, TrainingObserver.NONE, course)) {
                for (int offset = Math.toIntExact(begin); offset < end; offset++) {
                    if (offset == early) {
                        learnAll(training);
                        training.checkpoint();
                    }
                    training.append(offset, ledger.get(offset).time(), ledger.get(offset));
                }
                learnAll(training);
                return training.checkpoint();
            }
        }
    }

    private static void learnAll(ModelTraining training) {
        while (training.hasMiniBatch()) {
            training.learnNext();
        }
        training.flush();
    }

    static void write(Checkpoint checkpoint, Path folder) throws IOException {
        for (Map.Entry<String, ArtifactStore.Content> file :
                CheckpointFiles.contents("support", checkpoint).entrySet()) {
            try (OutputStream out = Files.newOutputStream(folder.resolve(file.getKey()))) {
                file.getValue().writeTo(out);
            }
        }
    }

    static Checkpoint read(Path folder) throws IOException {
        return CheckpointFiles.read(folder::resolve);
    }

    /** Over all files of a checkpoint. */
    static String digest(Checkpoint checkpoint) {
        return CheckpointFiles.contents("support", checkpoint).values().stream()
                .map(ContentDigest::of)
                .collect(Collectors.joining(" "));
    }
}
