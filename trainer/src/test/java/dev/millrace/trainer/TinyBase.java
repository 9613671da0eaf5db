package dev.millrace.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.Compute;
import dev.millrace.model.EncoderConfig;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** A random encoder of two layers of 32, the same in every process, with the bundled tokenizer. */
final class TinyBase {

    static final Compute CPU = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32);
    static final int HIDDEN = 32;

    private static final int LAYERS = 2;
    private static final int WIDE = 64;
    private static final int POSITIONS = 64;
    private static final int VOCABULARY = 30522;
    private static final int FREQUENT = 3000;

    private TinyBase() {}

    static PretrainedModel model() {
        return model("tiny");
    }

    static PretrainedModel model(String name) {
        return model(name, LAYERS, VOCABULARY, tokenizerJson());
    }

    /** One of a single layer that knows only the most frequent words, for those who write and train it often. */
    static PretrainedModel light() {
        return model("light", 1, FREQUENT, frequentTokensJson());
    }

    private static PretrainedModel model(String name, int layers, int vocabulary, String tokenizerJson) {
        Map<String, Tensor> tensors = new HashMap<>();
        Random random = new Random(20261124);
        put(tensors, random, "embeddings.word_embeddings.weight", vocabulary, HIDDEN);
        put(tensors, random, "embeddings.position_embeddings.weight", POSITIONS, HIDDEN);
        put(tensors, random, "embeddings.token_type_embeddings.weight", 2, HIDDEN);
        putWithBias(tensors, random, "embeddings.LayerNorm", HIDDEN);
        for (int i = 0; i < layers; i++) {
            String layer = "encoder.layer." + i + ".";
            putWithBias(tensors, random, layer + "attention.self.query", HIDDEN, HIDDEN);
            putWithBias(tensors, random, layer + "attention.self.key", HIDDEN, HIDDEN);
            putWithBias(tensors, random, layer + "attention.self.value", HIDDEN, HIDDEN);
            putWithBias(tensors, random, layer + "attention.output.dense", HIDDEN, HIDDEN);
            putWithBias(tensors, random, layer + "attention.output.LayerNorm", HIDDEN);
            putWithBias(tensors, random, layer + "intermediate.dense", WIDE, HIDDEN);
            putWithBias(tensors, random, layer + "output.dense", HIDDEN, WIDE);
            putWithBias(tensors, random, layer + "output.LayerNorm", HIDDEN);
        }
        EncoderConfig config = new EncoderConfig(layers, HIDDEN, 4, WIDE, POSITIONS, vocabulary, 1e-12);
        return new PretrainedModel(name, config, tensors, tokenizerJson);
    }

    private static void putWithBias(Map<String, Tensor> tensors, Random random, String name, long... shape) {
        put(tensors, random, name + ".weight", shape);
        put(tensors, random, name + ".bias", shape[0]);
    }

    private static void put(Map<String, Tensor> tensors, Random random, String name, long... shape) {
        boolean scale = name.endsWith("LayerNorm.weight");
        long elements = 1;
        for (long dimension : shape) {
            elements *= dimension;
        }
        ByteBuffer data =
                ByteBuffer.allocate(Math.toIntExact(elements * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        while (data.hasRemaining()) {
            data.putFloat((float) (0.2 * random.nextGaussian() + (scale ? 1 : 0)));
        }
        List<Long> dimensions = Arrays.stream(shape).boxed().toList();
        tensors.put(name, new Tensor(name, ElementType.F32, dimensions, data.flip()));
    }

    private static String tokenizerJson() {
        try (InputStream in =
                Objects.requireNonNull(PretrainedModel.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String frequentTokensJson() {
        try {
            JsonNode tokenizer = new ObjectMapper().readTree(tokenizerJson());
            tokenizer
                    .at("/model/vocab")
                    .properties()
                    .removeIf(token -> token.getValue().asInt() >= FREQUENT);
            return tokenizer.toString();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
