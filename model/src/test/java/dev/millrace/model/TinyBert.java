package dev.millrace.model;

import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** A random encoder of two small layers, the same in every run, and texts for it. */
final class TinyBert {

    static final Compute CPU = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32);
    static final EncoderConfig CONFIG = new EncoderConfig(2, 32, 4, 64, 64, 100, 1e-12);
    static final int LABELS = 3;
    static final String HEAD = Head.ROWS;

    static final Head SHAPE = Head.cosine(16);
    static final double ENCODER_RATE = 1e-3;
    static final double HEAD_RATE = 1e-2;

    private TinyBert() {}

    /** Nothing is clipped, nothing decays; the layers that are trained move by 1e-3 a step, the head by 1e-2. */
    static StepSettings settings(Network network) {
        return settings(network, 0, 1e9);
    }

    static StepSettings settings(Network network, double weightDecay, double clip) {
        Rates rates = Rates.uniform(network.trainableLayers(), ENCODER_RATE, HEAD_RATE);
        return StepSettings.plain(0.1, Update.adamw(rates, weightDecay, clip, 0.9));
    }

    static Targets targets() {
        return Targets.of(labels(), weights());
    }

    static PretrainedModel model() {
        return model(CONFIG);
    }

    static PretrainedModel model(EncoderConfig config) {
        return new PretrainedModel("tiny", config, tensors(config), TinyTokenizer.json());
    }

    static Map<String, Tensor> tensors(EncoderConfig config) {
        Random random = new Random(20261124);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(EncoderLayout.embeddings());
        names.addAll(EncoderLayout.layers(0, config.layers()));
        for (String name : names) {
            tensors.put(name, random(random, name, shape(config, name)));
        }
        return tensors;
    }

    private static Tensor random(Random random, String name, long... shape) {
        boolean scale = name.endsWith("LayerNorm.weight");
        long elements = 1;
        for (long dimension : shape) {
            elements *= dimension;
        }
        float[] values = new float[(int) elements];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.2 * random.nextGaussian() + (scale ? 1 : 0));
        }
        return tensor(name, values, shape);
    }

    private static long[] shape(EncoderConfig config, String name) {
        long hidden = config.hidden();
        long wide = config.intermediate();
        if (name.contains("word_embeddings")) {
            return new long[] {config.vocabulary(), hidden};
        }
        if (name.contains("position_embeddings")) {
            return new long[] {config.positions(), hidden};
        }
        if (name.contains("token_type")) {
            return new long[] {2, hidden};
        }
        boolean matrix = name.endsWith(".weight") && !name.contains("LayerNorm");
        if (name.contains("intermediate")) {
            return matrix ? new long[] {wide, hidden} : new long[] {wide};
        }
        if (name.matches(".*layer\\.\\d+\\.output\\.dense.*")) {
            return matrix ? new long[] {hidden, wide} : new long[] {hidden};
        }
        return matrix ? new long[] {hidden, hidden} : new long[] {hidden};
    }

    static Tensor tensor(String name, float[] values, long... shape) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        List<Long> dimensions = new ArrayList<>();
        for (long dimension : shape) {
            dimensions.add(dimension);
        }
        return new Tensor(name, ElementType.F32, dimensions, data);
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[tensor.data().remaining() / Float.BYTES];
        tensor.data().asFloatBuffer().get(values);
        return values;
    }

    static Tensor head() {
        return random(new Random(7), HEAD, LABELS, CONFIG.hidden());
    }

    static List<Tensor> trainable(Network network) {
        Map<String, Tensor> tensors = tensors(network.config());
        return network.trainableNames().stream().map(name -> get(tensors, name)).toList();
    }

    /** Seven texts of four lengths, which make several chunks, one of them padded. */
    /** 83 tokens, so that there is a row of no text behind them. */
    static List<TokenIds> texts() {
        Random random = new Random(3);
        List<TokenIds> texts = new ArrayList<>();
        for (int length : new int[] {5, 20, 3, 19, 4, 20, 12}) {
            texts.add(TokenIds.of(random.ints(length, 0, CONFIG.vocabulary()).toArray()));
        }
        return texts;
    }

    static TokenBatch batch() {
        return TokenBatch.of(texts());
    }

    /** The label of each row of {@link #batch}, and of the batch's rows only. */
    static long[] labels() {
        return new long[] {0, 1, 2, 0, 1, 2, 0};
    }

    static float[] weights() {
        return new float[] {1, 1, 2, 1, 0.5f, 1, 1};
    }

    static <V> V get(Map<String, V> map, String name) {
        return Objects.requireNonNull(map.get(name), name);
    }

    static Map<String, float[]> values(List<Tensor> snapshot) {
        Map<String, float[]> values = new HashMap<>();
        snapshot.forEach(tensor -> values.put(tensor.name(), floats(tensor)));
        return values;
    }
}
