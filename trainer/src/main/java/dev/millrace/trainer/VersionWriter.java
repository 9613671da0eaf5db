package dev.millrace.trainer;

import dev.millrace.model.Classifier;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.Likeness;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Makes the files of a checkpoint durable, and the record that will name them, and has it judged. For one thread. */
final class VersionWriter {

    private final Function<String, Workbench> benches;
    private final ArtifactStore store;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final Gate gate;
    private final UnaryOperator<VersionRecord> signing;

    /** By base, those that were written. */
    private final IdentityHashMap<PretrainedModel, List<Artifact>> baseFiles = new IdentityHashMap<>();

    VersionWriter(
            Function<String, Workbench> benches,
            ArtifactStore store,
            Clock clock,
            LongSupplier nanoTime,
            Gate gate,
            UnaryOperator<VersionRecord> signing) {
        this.benches = benches;
        this.store = store;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.gate = gate;
        this.signing = signing;
    }

    /**
     * Writes a version.
     *
     * @param model its model
     * @param version its number
     * @param parent the version it was trained on from, or null for the first
     * @param topic the ledger's topic
     * @param partition of the ledger
     * @param snapshot what it is
     * @return its record, with every file durable
     * @throws IOException when a file could not be made durable
     */
    WrittenVersion write(
            String model, long version, @Nullable Long parent, String topic, int partition, Snapshot snapshot)
            throws IOException {
        long started = nanoTime.getAsLong();
        Checkpoint checkpoint = snapshot.checkpoint();
        requireFinite(model, checkpoint.learner());
        PretrainedModel base = benches.apply(model).base();
        List<Artifact> artifacts = new ArrayList<>(baseFiles(base));
        Likeness likeness = WeightsLikeness.of(CheckpointFiles.weights(checkpoint), base, artifacts.get(0));
        for (Map.Entry<String, ArtifactStore.Content> file :
                CheckpointFiles.contents(model, checkpoint).entrySet()) {
            artifacts.add(
                    file.getKey().equals(Classifier.WEIGHTS)
                            ? store.put(file.getKey(), file.getValue(), likeness)
                            : store.put(file.getKey(), file.getValue()));
        }
        Map<String, String> settings = checkpoint.steering().recipe().asMap();
        LearnerState learner = checkpoint.learner();
        VersionRecord record = signing.apply(new VersionRecord(
                model,
                version,
                clock.instant(),
                parent,
                base.name(),
                artifacts,
                learner.labels(),
                new LogPosition(topic, partition, snapshot.nextOffset()),
                learner.score().examples(),
                learner.steps(),
                checkpoint.newestExample(),
                settings,
                digest(settings),
                metrics(checkpoint, gate.score(model, artifacts, learner.holdout())),
                benches.apply(model).network().runtime(),
                snapshot.lineage()));
        Duration writing = Duration.ofNanos(nanoTime.getAsLong() - started);
        return new WrittenVersion(record, snapshot.deadLetters(), writing, gate.judge(record, learner.holdout()));
    }

    /** Finite losses do not promise finite weights: the last step before a version may have been too long. */
    private static void requireFinite(String model, LearnerState learner) {
        for (List<Tensor> tensors : List.of(learner.encoder(), learner.head())) {
            for (Tensor tensor : tensors) {
                if (!tensor.isFinite()) {
                    throw new IllegalStateException("Training of " + model + " has diverged: " + tensor.name()
                            + " is not finite after step " + learner.steps()
                            + ", and no version is made of that. The last version is intact; lower the learning rate"
                            + " (trainer.encoder-learning-rate) and start again");
                }
            }
        }
    }

    private static Map<String, Double> metrics(Checkpoint checkpoint, HoldoutScore holdout) {
        Prequential score = checkpoint.learner().score();
        Map<String, Double> metrics = new TreeMap<>();
        metrics.put("prequential_accuracy", score.accuracy());
        metrics.put("training_accuracy", score.trainingAccuracy());
        if (holdout.examples() > 0) {
            metrics.put("holdout_accuracy", holdout.accuracy());
            metrics.put("holdout_examples", (double) holdout.examples());
        }
        VotingState voting = checkpoint.learner().voting();
        metrics.put("calibration_error", voting.calibration().error());
        voting.correct()
                .forEach((name, correct) ->
                        metrics.put("prequential_accuracy_" + name, (double) correct / Math.max(1, score.examples())));
        if (Double.isFinite(checkpoint.lastLoss())) {
            metrics.put("loss", checkpoint.lastLoss());
        }
        return metrics;
    }

    /** Where the files go, for people. */
    String where() {
        return store.toString();
    }

    /** Has the files of all bases written again with the next version: a sweep may have removed what no version names. */
    synchronized void writeBaseAgain() {
        baseFiles.clear();
    }

    private synchronized List<Artifact> baseFiles(PretrainedModel base) throws IOException {
        List<Artifact> written = baseFiles.get(base);
        if (written == null) {
            written = new ArrayList<>();
            for (Map.Entry<String, ArtifactStore.Content> file :
                    BaseFiles.contents(base).entrySet()) {
                written.add(store.put(file.getKey(), file.getValue()));
            }
            baseFiles.put(base, written);
        }
        return written;
    }

    private static String digest(Map<String, String> settings) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(settings)
                .forEach((name, value) ->
                        lines.append(name).append('=').append(value).append('\n'));
        byte[] text = lines.toString().getBytes(StandardCharsets.UTF_8);
        return ContentDigest.of(out -> out.write(text));
    }
}
