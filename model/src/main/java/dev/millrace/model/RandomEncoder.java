package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Encoders with random weights and the bundled tokenizer, the same in every process: for trying out the log, the files
 * and the processes around a model, where what it learns does not matter. They go the way of any other model, in a
 * hundredth of the time.
 */
public final class RandomEncoder {

    /** The name of {@link #tiny()}. */
    public static final String TINY = "tiny";

    private static final int VOCABULARY = 30522;
    private static final long SEED = 20261124;
    private static final double DEVIATION = 0.2;

    private RandomEncoder() {}

    /**
     * An encoder of two layers of width 32, with four heads and 512 positions: a million parameters, nearly all of them
     * embeddings.
     *
     * @return it
     */
    public static PretrainedModel tiny() {
        return of(TINY, tiny(512), PretrainedModel.bundledTokenizer());
    }

    /**
     * The dimensions of {@link #tiny()}, with another number of positions.
     *
     * @param positions the longest text, in tokens
     * @return them, for {@link #of}
     */
    public static EncoderConfig tiny(int positions) {
        return new EncoderConfig(2, 32, 4, 64, positions, VOCABULARY, 1e-12);
    }

    /**
     * An encoder of given dimensions.
     *
     * @param name what it is called
     * @param config its dimensions
     * @param tokenizerJson a tokenizer with a vocabulary as large as the dimensions say
     * @return it; the same dimensions give the same weights
     */
    public static PretrainedModel of(String name, EncoderConfig config, String tokenizerJson) {
        Map<String, Tensor> tensors = new HashMap<>();
        Random random = new Random(SEED);
        int hidden = config.hidden();
        put(tensors, random, "embeddings.word_embeddings.weight", config.vocabulary(), hidden);
        put(tensors, random, "embeddings.position_embeddings.weight", config.positions(), hidden);
        put(tensors, random, "embeddings.token_type_embeddings.weight", 2, hidden);
        putWithBias(tensors, random, "embeddings.LayerNorm", hidden);
        for (int i = 0; i < config.layers(); i++) {
            String layer = "encoder.layer." + i + ".";
            putWithBias(tensors, random, layer + "attention.self.query", hidden, hidden);
            putWithBias(tensors, random, layer + "attention.self.key", hidden, hidden);
            putWithBias(tensors, random, layer + "attention.self.value", hidden, hidden);
            putWithBias(tensors, random, layer + "attention.output.dense", hidden, hidden);
            putWithBias(tensors, random, layer + "attention.output.LayerNorm", hidden);
            putWithBias(tensors, random, layer + "intermediate.dense", config.intermediate(), hidden);
            putWithBias(tensors, random, layer + "output.dense", hidden, config.intermediate());
            putWithBias(tensors, random, layer + "output.LayerNorm", hidden);
        }
        return new PretrainedModel(name, config, tensors, tokenizerJson);
    }

    private static void putWithBias(Map<String, Tensor> tensors, Random random, String name, long... shape) {
        put(tensors, random, name + ".weight", shape);
        put(tensors, random, name + ".bias", shape[0]);
    }

    private static void put(Map<String, Tensor> tensors, Random random, String name, long... shape) {
        double mean = name.endsWith("LayerNorm.weight") ? 1 : 0;
        long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        ByteBuffer data =
                ByteBuffer.allocate(Math.toIntExact(elements * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        while (data.hasRemaining()) {
            data.putFloat((float) (DEVIATION * random.nextGaussian() + mean));
        }
        List<Long> dimensions = Arrays.stream(shape).boxed().toList();
        tensors.put(name, new Tensor(name, ElementType.F32, dimensions, data.flip()));
    }
}
