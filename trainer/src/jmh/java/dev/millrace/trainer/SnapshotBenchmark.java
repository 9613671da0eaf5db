package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The copy of all that a learner knows, which a version holds the training thread up for: weights, their average and the
 * optimizer's moments, after one mini-batch of the bundled model. A rehearsal memory that has filled up is not in it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
// JMH fills the fields before it measures.
@SuppressWarnings("NullAway.Init")
public class SnapshotBenchmark {

    private static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    /** Layers of the encoder that learn, of six; those below are frozen, and no part of the copy. */
    @Param({"6", "2"})
    int trained;

    private BareTraining training;

    /** Learns one mini-batch. */
    @Setup
    public void learn() {
        PretrainedModel base = PretrainedModel.bundled();
        Recipe recipe = Recipe.standardBut(
                Map.of("frozen-layers", Integer.toString(base.config().layers() - trained)));
        List<LedgerReader.Entry> ledger = IntStream.range(0, recipe.batchSize())
                .mapToObj(SnapshotBenchmark::entry)
                .toList();
        training = new BareTraining(base, Compute.fastest(), recipe, ledger, System::nanoTime);
        training.learnNext();
    }

    private static LedgerReader.Entry entry(int offset) {
        LabelledExample example = new LabelledExample(
                "id " + offset, "support", "where is card " + offset, "label " + offset % 4, TIME, null, 1);
        return new LedgerReader.Entry(offset, TIME, example);
    }

    /**
     * Copies, and lets the copy go.
     *
     * @return what the copy itself took
     */
    @Benchmark
    public Duration copy() {
        return training.snapshot();
    }

    /** Gives back native memory. */
    @TearDown
    public void close() {
        training.close();
    }
}
