package dev.millrace.trainer;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** An invented embedding and its label. */
final class EmbeddedExample {

    private final float[] embedding;
    private final int label;

    private EmbeddedExample(float[] embedding, int label) {
        this.embedding = embedding;
        this.label = label;
    }

    /** Examples of labels that lie around fixed means, scattered alike, more along the later dimensions. */
    static List<EmbeddedExample> stream(long seed, int count, int dimension, int labels) {
        Random meansOnly = new Random(labels);
        double[][] means = IntStream.range(0, labels)
                .mapToObj(label -> meansOnly.doubles(dimension, -1, 1).toArray())
                .toArray(double[][]::new);
        Random random = new Random(seed);
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int label = random.nextInt(labels);
                    float[] embedding = new float[dimension];
                    for (int d = 0; d < dimension; d++) {
                        double scatter = 0.2 + 1.5 * d / dimension;
                        embedding[d] = (float) (means[label][d] + scatter * random.nextGaussian());
                    }
                    return new EmbeddedExample(embedding, label);
                })
                .toList();
    }

    EmbeddedExample normalised() {
        return new EmbeddedExample(Embedding.normalised(embedding, embedding.length), label);
    }

    float[] embedding() {
        return embedding;
    }

    int label() {
        return label;
    }
}
