package dev.millrace.model;

import dev.millrace.model.Head.Activation;
import dev.millrace.model.Head.Last;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a file says of a {@link Head}: {@code head}, {@code head_scale}, and more where there are hidden layers. */
final class HeadMetadata {

    private static final String LAST = "head";
    private static final String SCALE = "head_scale";
    private static final String LAYERS = "head_layers";
    private static final String ACTIVATION = "head_activation";
    private static final String NORM = "head_norm";

    private HeadMetadata() {}

    static Map<String, String> of(Head head) {
        Map<String, String> metadata = new HashMap<>();
        metadata.put(LAST, name(head.last()));
        metadata.put(SCALE, Double.toString(head.scale()));
        if (!head.hiddenLayers().isEmpty()) {
            metadata.put(
                    LAYERS, head.hiddenLayers().stream().map(String::valueOf).collect(Collectors.joining(",")));
            metadata.put(ACTIVATION, name(head.activation()));
            metadata.put(NORM, head.layerNorm() ? "layer" : "none");
        }
        return metadata;
    }

    /**
     * Reads what {@link #of} wrote.
     *
     * @throws IllegalArgumentException when something is missing or is not known
     */
    static Head read(Map<String, String> metadata) {
        String layers = metadata.getOrDefault(LAYERS, "");
        String norm = metadata.getOrDefault(NORM, "none");
        if (!List.of("none", "layer").contains(norm)) {
            throw new IllegalArgumentException(NORM + " must be none or layer, but is " + norm);
        }
        Last last = choice(LAST, metadata.getOrDefault(LAST, ""), Last.values());
        if (last == Last.BERT) {
            return Head.bert(Double.parseDouble(metadata.getOrDefault(SCALE, "")));
        }
        return new Head(
                last,
                Double.parseDouble(metadata.getOrDefault(SCALE, "")),
                layers.isEmpty()
                        ? List.of()
                        : Arrays.stream(layers.split(",", -1))
                                .map(Integer::valueOf)
                                .toList(),
                choice(ACTIVATION, metadata.getOrDefault(ACTIVATION, name(Activation.GELU)), Activation.values()),
                norm.equals("layer"));
    }

    private static <E extends Enum<E>> E choice(String key, String name, E[] choices) {
        return Arrays.stream(choices)
                .filter(choice -> name(choice).equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the " + key + " must be one of "
                        + Arrays.stream(choices).map(HeadMetadata::name).collect(Collectors.joining(", "))
                        + ", but is " + name));
    }

    static String name(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
