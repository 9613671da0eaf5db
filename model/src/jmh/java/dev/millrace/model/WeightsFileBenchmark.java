package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The weights of one version as a safetensors file: the six layers of the bundled model and a head of 77 rows in float32,
 * 43 MB. The file is not synced, and is read out of the system's cache.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
// JMH fills the fields before it measures.
@SuppressWarnings("NullAway.Init")
public class WeightsFileBenchmark {

    private static final int LABELS = 77;

    private ClassifierWeights weights;
    private Path folder;
    private Path written;

    /** Writes the file that is read. */
    @Setup
    public void write() throws IOException {
        PretrainedModel base = PretrainedModel.bundled();
        int hidden = base.config().hidden();
        List<Tensor> tensors = new ArrayList<>(base.layers(0, base.config().layers()));
        ByteBuffer rows = ByteBuffer.allocate(LABELS * hidden * Float.BYTES);
        tensors.add(new Tensor(Head.ROWS, ElementType.F32, List.of((long) LABELS, (long) hidden), rows));
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "label " + i).toList();
        weights = new ClassifierWeights(labels, Head.cosine(16), 128, tensors);
        folder = Files.createTempDirectory("weights");
        written = folder.resolve("written.safetensors");
        writeTo(written);
    }

    private void writeTo(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            weights.writeTo(out);
        }
    }

    /** Writes over one file again and again. */
    @Benchmark
    public void writeFile() throws IOException {
        writeTo(folder.resolve("again.safetensors"));
    }

    /**
     * Checks the header and maps the file.
     *
     * @return the tensors, whose bytes nobody has looked at
     */
    @Benchmark
    public ClassifierWeights openFile() throws IOException {
        return ClassifierWeights.read(written);
    }

    /**
     * Does so, and copies every tensor into the heap.
     *
     * @return the copies
     */
    @Benchmark
    public List<ByteBuffer> readFile() throws IOException {
        return ClassifierWeights.read(written).tensors().stream()
                .map(tensor -> ByteBuffer.allocate(tensor.data().remaining()).put(tensor.data()))
                .toList();
    }

    /** Deletes the files. */
    @TearDown
    public void delete() throws IOException {
        Files.deleteIfExists(folder.resolve("again.safetensors"));
        Files.delete(written);
        Files.delete(folder);
    }
}
