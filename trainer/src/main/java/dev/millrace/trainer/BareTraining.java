package dev.millrace.trainer;

import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.Compute;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The fold alone: the mini-batches of a ledger, tokenized before the clock runs, through a learner that starts from the
 * base. No log is read, no version made and nothing observed: what the whole way is measured against.
 *
 * <pre>{@code
 * try (BareTraining bare = new BareTraining(base, Compute.fastest(), recipe, ledger, System::nanoTime)) {
 *     while (bare.left() > 0) {
 *         bare.learnNext();
 *     }
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class BareTraining implements AutoCloseable {

    private final Network network;
    private final Learner learner;
    private final LongSupplier nanoTime;
    private final List<Tokenized> batches;
    private final PretrainedModel base;
    private final Recipe recipe;
    private final boolean ownsNetwork;
    private int next;
    private StepReport.Arithmetic arithmetic = StepReport.Arithmetic.NONE;

    private record Tokenized(List<TrainingExample> fresh, List<TrainingExample> heldOut) {}

    /**
     * Cuts a ledger into mini-batches as a trainer does that has read all of it, and tokenizes them. What waits for a full
     * mini-batch at its end is left out; control records close a mini-batch and do nothing else.
     *
     * @param published the pretrained model to start from
     * @param compute where and how to compute
     * @param recipe of learning
     * @param ledger records of one model, in order
     * @param nanoTime of what elapses, in nanoseconds from any moment
     */
    public BareTraining(
            PretrainedModel published,
            Compute compute,
            Recipe recipe,
            List<LedgerReader.Entry> ledger,
            LongSupplier nanoTime) {
        this.base = recipe.kept(published);
        this.recipe = recipe;
        this.nanoTime = nanoTime;
        this.batches = tokenized(base, recipe, ledger);
        this.network = recipe.network(base, compute);
        this.ownsNetwork = true;
        try {
            this.learner = Learner.fresh(network, base, recipe, nanoTime);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private BareTraining(BareTraining other) {
        this.base = other.base;
        this.recipe = other.recipe;
        this.nanoTime = other.nanoTime;
        this.batches = other.batches;
        this.network = other.network;
        this.ownsNetwork = false;
        this.learner = Learner.fresh(network, base, recipe, nanoTime);
    }

    /**
     * Another model, which has learned nothing yet, with the same mini-batches and on the same encoder.
     *
     * @return it; the caller closes it, and this one after it
     */
    public BareTraining beside() {
        return new BareTraining(this);
    }

    private static List<Tokenized> tokenized(PretrainedModel base, Recipe recipe, List<LedgerReader.Entry> ledger) {
        try (Tokenizer tokenizer = base.tokenizer(recipe.maxTokens())) {
            return cut(recipe, ledger).stream()
                    .map(batch -> new Tokenized(
                            LedgerEntry.encoded(batch.entries(), tokenizer),
                            LedgerEntry.encoded(batch.heldOut(), tokenizer)))
                    .toList();
        }
    }

    /**
     * How many whole mini-batches a ledger has.
     *
     * @param recipe says where they close
     * @param ledger records of one model, in order
     * @return as many as {@link #left} says at the beginning
     */
    public static int miniBatches(Recipe recipe, List<LedgerReader.Entry> ledger) {
        return cut(recipe, ledger).size();
    }

    private static List<MiniBatch> cut(Recipe recipe, List<LedgerReader.Entry> entries) {
        Ledger ledger = new Ledger(recipe, 0, OffsetRanges.NONE, List.of());
        entries.forEach(entry -> ledger.append(entry.offset(), entry.timestamp(), entry.content()));
        List<MiniBatch> cut = new ArrayList<>();
        while (ledger.hasNext()) {
            if (ledger.nextEvent().isEmpty()) {
                ledger.next().ifPresent(cut::add);
            }
        }
        return cut;
    }

    /** {@return how many mini-batches are not learned yet} */
    public int left() {
        return batches.size() - next;
    }

    /** Has all mini-batches wait again, to be learned once more as if they were fresh. */
    public void rewind() {
        next = 0;
    }

    /**
     * Learns the next mini-batch.
     *
     * @return what came of it; empty where all of it is held out
     * @throws NoSuchElementException when none is left
     */
    public Optional<StepReport> learnNext() {
        if (left() == 0) {
            throw new NoSuchElementException("all " + batches.size() + " mini-batches are learned");
        }
        Tokenized batch = batches.get(next++);
        if (!batch.heldOut().isEmpty()) {
            learner.judge(batch.heldOut());
        }
        if (batch.fresh().isEmpty()) {
            return Optional.empty();
        }
        StepReport report = learner.learn(batch.fresh());
        arithmetic = arithmetic.plus(report.arithmetic());
        return Optional.of(report);
    }

    /**
     * Copies all that the learner knows out of native memory, as is done for a version, and lets the copy go.
     *
     * @return how long the training thread is held up by that
     */
    public Duration snapshot() {
        long began = nanoTime.getAsLong();
        LearnerState copy = learner.snapshot();
        Duration stall = Duration.ofNanos(nanoTime.getAsLong() - began);
        if (copy.steps() > 0 && copy.head().isEmpty()) {
            throw new IllegalStateException("the copy of a learner that has stepped must have a head");
        }
        return stall;
    }

    /** {@return of the arithmetic of all steps the share that was of real tokens, and not of padding; above 0 to 1} */
    public double realTokenShare() {
        return arithmetic.ofTokens() / arithmetic.computed();
    }

    @Override
    public void close() {
        learner.close();
        if (ownsNetwork) {
            network.close();
        }
    }
}
