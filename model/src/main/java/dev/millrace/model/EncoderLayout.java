package dev.millrace.model;

import java.util.ArrayList;
import java.util.List;

/** The names of an encoder's tensors, in the order in which the network program takes them. */
final class EncoderLayout {

    /** How many tensors make one layer. */
    static final int TENSORS_PER_LAYER = 16;

    private static final List<String> EMBEDDINGS = List.of(
            "embeddings.word_embeddings.weight",
            "embeddings.position_embeddings.weight",
            "embeddings.token_type_embeddings.weight",
            "embeddings.LayerNorm.weight",
            "embeddings.LayerNorm.bias");

    private static final List<String> LAYER = List.of(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm");

    private EncoderLayout() {}

    /** The shape that a tensor must have; of token types only the first row is used, so there may be any number. */
    static boolean fits(EncoderConfig config, Tensor tensor) {
        long hidden = config.hidden();
        long intermediate = config.intermediate();
        List<Long> shape = tensor.shape();
        return switch (tensor.name().replaceFirst("^encoder\\.layer\\.\\d+\\.", "")) {
            case "embeddings.word_embeddings.weight" -> shape.equals(List.of((long) config.vocabulary(), hidden));
            case "embeddings.position_embeddings.weight" -> shape.equals(List.of((long) config.positions(), hidden));
            case "embeddings.token_type_embeddings.weight" ->
                shape.size() == 2 && shape.get(0) > 0 && shape.get(1) == hidden;
            case "attention.self.query.weight",
                    "attention.self.key.weight",
                    "attention.self.value.weight",
                    "attention.output.dense.weight" -> shape.equals(List.of(hidden, hidden));
            case "intermediate.dense.weight" -> shape.equals(List.of(intermediate, hidden));
            case "intermediate.dense.bias" -> shape.equals(List.of(intermediate));
            case "output.dense.weight" -> shape.equals(List.of(hidden, intermediate));
            default -> shape.equals(List.of(hidden));
        };
    }

    static List<String> embeddings() {
        return EMBEDDINGS;
    }

    /** The layers from {@code first} (inclusive) to {@code end} (exclusive), the lowest first. */
    static List<String> layers(int first, int end) {
        List<String> names = new ArrayList<>();
        for (int layer = first; layer < end; layer++) {
            for (String part : LAYER) {
                names.add("encoder.layer." + layer + "." + part + ".weight");
                names.add("encoder.layer." + layer + "." + part + ".bias");
            }
        }
        return names;
    }
}
