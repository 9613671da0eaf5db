package dev.millrace.model;

import dev.millrace.model.Compute.Place;
import dev.millrace.model.Compute.Precision;
import java.util.concurrent.TimeUnit;
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

/** {@link NaiveTraining} on the mini-batches of {@link StepBenchmark}: float32, all layers trained. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
// JMH fills the fields before it measures.
@SuppressWarnings("NullAway.Init")
public class NaiveStepBenchmark {

    /** Texts in the mini-batch. */
    @Param({"16", "64"})
    int batch;

    /** Tokens of each text. */
    @Param({"16", "32"})
    int tokens;

    private SyntheticTraining training;
    private SyntheticTraining.Naive naive;

    /** Loads the network. */
    @Setup
    public void load() {
        Compute compute = new Compute(Place.CPU, Precision.FLOAT32);
        training = new SyntheticTraining(PretrainedModel.bundled(), compute, 0, batch, tokens);
        naive = training.new Naive(compute);
    }

    /** One step. It writes into the weights, so it returns nothing that could be thrown away. */
    @Benchmark
    public void step() {
        naive.step();
    }

    /** Gives back native memory. */
    @TearDown
    public void close() {
        naive.close();
        training.close();
    }
}
