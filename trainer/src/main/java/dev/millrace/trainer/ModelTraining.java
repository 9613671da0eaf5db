package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Tokenizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One model while it is trained: its ledger, its learner, and how far it is.
 *
 * <p>Stepped by whoever owns it; has no thread and reads no clock. Not thread-safe.
 */
final class ModelTraining implements AutoCloseable {

    private final String model;
    private final Tokenizer tokenizer;
    private final VersionPolicy policy;
    private final Ledger ledger;
    private final Learner learner;
    private final List<Long> earlyBoundaries;
    private long nextOffset;
    private @Nullable Instant newestExample;
    private double lastLoss;
    private long examplesSinceVersion;
    private @Nullable Instant firstSinceVersion;
    private @Nullable Instant lastSinceVersion;
    private boolean flushed;

    private ModelTraining(
            String model, Tokenizer tokenizer, Recipe recipe, VersionPolicy policy, Learner learner, Checkpoint start) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.policy = policy;
        this.learner = learner;
        this.ledger = new Ledger(recipe.batchSize(), policy.maxBatchAge(), start.nextOffset());
        this.earlyBoundaries = new ArrayList<>(start.earlyBoundaries());
        this.nextOffset = start.nextOffset();
        this.newestExample = start.newestExample();
        this.lastLoss = start.lastLoss();
    }

    /** A model that goes on from a checkpoint, with a learner that was made from it. */
    static ModelTraining from(
            Checkpoint checkpoint,
            Learner learner,
            String model,
            Tokenizer tokenizer,
            Recipe recipe,
            VersionPolicy policy) {
        return new ModelTraining(model, tokenizer, recipe, policy, learner, checkpoint);
    }

    String model() {
        return model;
    }

    /** The first offset of the ledger that is not learned. */
    long nextOffset() {
        return nextOffset;
    }

    /** How many examples wait in memory. */
    int waiting() {
        return ledger.size();
    }

    void append(long offset, Instant timestamp, LabelledExample example) {
        ledger.append(offset, timestamp, example);
    }

    boolean hasMiniBatch() {
        return ledger.hasNext();
    }

    /** Learns the next mini-batch that the log has closed, if there is one. */
    Optional<StepReport> learnNext() {
        return ledger.next().map(this::learn);
    }

    /** Learns what waits without a full mini-batch; a version of it is due at once, if there is anything new in it. */
    Optional<StepReport> flush() {
        flushed = true;
        return ledger.flush().map(this::learn);
    }

    private StepReport learn(MiniBatch batch) {
        StepReport report = learner.learn(batch.examples().stream()
                .map(example ->
                        new TrainingExample(tokenizer.encode(example.text()), example.label(), example.weight()))
                .toList());
        nextOffset = batch.nextOffset();
        if (batch.early()) {
            earlyBoundaries.add(nextOffset);
        }
        for (LabelledExample example : batch.examples()) {
            if (newestExample == null || example.time().isAfter(newestExample)) {
                newestExample = example.time();
            }
        }
        lastLoss = report.loss();
        examplesSinceVersion += report.fresh();
        firstSinceVersion = firstSinceVersion == null ? batch.firstTimestamp() : firstSinceVersion;
        lastSinceVersion = batch.lastTimestamp();
        return report;
    }

    /** Whether anything was learned that is in no version yet, or waits to be learned. */
    boolean hasNews() {
        return examplesSinceVersion > 0 || !ledger.isEmpty();
    }

    boolean isVersionDue() {
        if (examplesSinceVersion == 0 || firstSinceVersion == null || lastSinceVersion == null) {
            return false;
        }
        return flushed
                || examplesSinceVersion >= policy.everyExamples()
                || Duration.between(firstSinceVersion, lastSinceVersion).compareTo(policy.everyLogTime()) >= 0;
    }

    /** Copies the model as it is now, and counts anew towards the next version. */
    Checkpoint checkpoint() {
        examplesSinceVersion = 0;
        firstSinceVersion = null;
        lastSinceVersion = null;
        flushed = false;
        return new Checkpoint(learner.snapshot(), nextOffset, newestExample, earlyBoundaries, lastLoss);
    }

    @Override
    public void close() {
        learner.close();
    }
}
