package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Compute;
import dev.millrace.model.Head;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/** A classifier over a pretrained encoder whose head is drawn at random: it costs what a taught one costs. */
final class UntaughtClassifier {

    private static final int LABELS = 77;
    private static final Head SHAPE = Head.cosine(16);

    private UntaughtClassifier() {}

    /**
     * Writes its files into a folder and loads it.
     *
     * @param base the encoder
     * @param maxTokens of one text
     * @param folder for its files, which are not needed any more once it is loaded
     * @param compute where and how to compute it
     * @return it, without voters; the caller closes it
     */
    static Classifier load(PretrainedModel base, int maxTokens, Path folder, Compute compute) throws IOException {
        Map<String, Path> files = Map.of(
                Classifier.CONFIG, folder.resolve("config.json"),
                Classifier.TOKENIZER, folder.resolve("tokenizer.json"),
                Classifier.BASE, folder.resolve("base.safetensors"),
                Classifier.WEIGHTS, folder.resolve("weights.safetensors"));
        Files.write(folder.resolve("config.json"), base.config().write());
        Files.writeString(folder.resolve("tokenizer.json"), base.tokenizerJson());
        try (OutputStream out = Files.newOutputStream(folder.resolve("base.safetensors"))) {
            base.writeTensors(out);
        }
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "label-" + i).toList();
        Tensor rows = rows(base.config().hidden());
        try (OutputStream out = Files.newOutputStream(folder.resolve("weights.safetensors"))) {
            new ClassifierWeights(labels, SHAPE, maxTokens, List.of(rows)).writeTo(out);
        }
        return Classifier.load(files, compute);
    }

    private static Tensor rows(int hidden) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        ByteBuffer rows = ByteBuffer.allocate(LABELS * hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (rows.hasRemaining()) {
            rows.putFloat((float) random.nextGaussian());
        }
        return new Tensor(Head.ROWS, Tensor.ElementType.F32, List.of((long) LABELS, (long) hidden), rows.flip());
    }
}
