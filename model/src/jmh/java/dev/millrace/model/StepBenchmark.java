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

/**
 * The training step of the bundled model on the CPU, one mini-batch again and again. What frozen layers make of it is kept
 * after the first step, as it is for an example that is rehearsed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
// JMH fills the fields before it measures.
@SuppressWarnings("NullAway.Init")
public class StepBenchmark {

    /** Texts in the mini-batch. */
    @Param({"16", "64"})
    int batch;

    /** Tokens of each text. */
    @Param({"16", "32"})
    int tokens;

    /** Of matrices and activations. */
    @Param({"FLOAT32", "BFLOAT16"})
    Precision precision;

    /** Layers of the encoder that learn, of six; those below are frozen. */
    @Param({"6", "2"})
    int trained;

    private SyntheticTraining training;

    /** Loads the network, unless the processor would have to imitate the precision. */
    @Setup
    public void load() {
        if (precision == Precision.BFLOAT16 && Compute.fastestPrecision(Place.CPU) != precision) {
            throw new IllegalStateException("this processor has no bfloat16: choose -p precision=FLOAT32");
        }
        PretrainedModel base = PretrainedModel.bundled();
        int frozen = base.config().layers() - trained;
        training = new SyntheticTraining(base, new Compute(Place.CPU, precision), frozen, batch, tokens);
    }

    /** One step. It writes into the weights, so it returns nothing that could be thrown away. */
    @Benchmark
    public void step() {
        training.step();
    }

    /** Gives back native memory. */
    @TearDown
    public void close() {
        training.close();
    }
}
