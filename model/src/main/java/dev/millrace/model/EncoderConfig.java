package dev.millrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/**
 * The dimensions of an encoder of the BERT family, under the names of a Hugging Face {@code config.json}.
 *
 * @param layers {@code num_hidden_layers}
 * @param hidden {@code hidden_size}: elements of an embedding
 * @param heads {@code num_attention_heads}
 * @param intermediate {@code intermediate_size}: elements between the two matrices of a layer's feed-forward part
 * @param positions {@code max_position_embeddings}: the most tokens of one text
 * @param vocabulary {@code vocab_size}
 * @param layerNormEpsilon {@code layer_norm_eps}
 * @param pooling what of the last layer is a text's embedding; {@code pooling} where it is not the mean, a name of
 *     Millrace's own
 * @param prefix what every text was preceded by when the encoder was made, and is in training and in serving; empty for
 *     most; {@code prefix} where it is not, a name of Millrace's own
 */
public record EncoderConfig(
        int layers,
        int hidden,
        int heads,
        int intermediate,
        int positions,
        int vocabulary,
        double layerNormEpsilon,
        Pooling pooling,
        String prefix) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String POOLING = "pooling";
    private static final String PREFIX = "prefix";

    /** How the embeddings of tokens become that of their text. */
    public enum Pooling {
        /** Their mean, padding left out (Reimers and Gurevych 2019). */
        MEAN("mean"),
        /** That of the mark before the first word, {@code [CLS]} (Devlin et al. 2019). */
        FIRST_TOKEN("cls");

        private final String text;

        Pooling(String text) {
            this.text = text;
        }
    }

    public EncoderConfig {
        if (layers < 1 || hidden < 1 || heads < 1 || intermediate < 1 || positions < 1 || vocabulary < 1) {
            throw new IllegalArgumentException("every dimension of an encoder must be >= 1");
        }
        if (hidden % heads != 0) {
            throw new IllegalArgumentException(
                    "hidden must be a multiple of heads, but is " + hidden + " for " + heads + " heads");
        }
    }

    /**
     * With the mean as pooling, and nothing before a text.
     *
     * @param layers {@code num_hidden_layers}
     * @param hidden {@code hidden_size}: elements of an embedding
     * @param heads {@code num_attention_heads}
     * @param intermediate {@code intermediate_size}
     * @param positions {@code max_position_embeddings}: the most tokens of one text
     * @param vocabulary {@code vocab_size}
     * @param layerNormEpsilon {@code layer_norm_eps}
     */
    public EncoderConfig(
            int layers,
            int hidden,
            int heads,
            int intermediate,
            int positions,
            int vocabulary,
            double layerNormEpsilon) {
        this(layers, hidden, heads, intermediate, positions, vocabulary, layerNormEpsilon, Pooling.MEAN, "");
    }

    /**
     * These dimensions with other pooling.
     *
     * @param other what of the last layer is a text's embedding
     * @return them
     */
    public EncoderConfig with(Pooling other) {
        return new EncoderConfig(
                layers, hidden, heads, intermediate, positions, vocabulary, layerNormEpsilon, other, prefix);
    }

    /**
     * These dimensions with another prefix.
     *
     * @param other what precedes every text, such as {@code "query: "}; empty for nothing
     * @return them
     */
    public EncoderConfig withPrefix(String other) {
        return new EncoderConfig(
                layers, hidden, heads, intermediate, positions, vocabulary, layerNormEpsilon, pooling, other);
    }

    EncoderConfig withLayers(int other) {
        return new EncoderConfig(
                other, hidden, heads, intermediate, positions, vocabulary, layerNormEpsilon, pooling, prefix);
    }

    /**
     * Reads a Hugging Face {@code config.json}.
     *
     * @param json its bytes
     * @return the dimensions it states
     * @throws IOException when it is no JSON, lacks a dimension, or describes another kind of network
     */
    public static EncoderConfig read(byte[] json) throws IOException {
        JsonNode config = JSON.readTree(json);
        require(config, "model_type", "", "bert");
        require(config, "hidden_act", "gelu", "gelu");
        require(config, "position_embedding_type", "absolute", "absolute");
        require(config, "type_vocab_size", "2", "2");
        require(config, "is_decoder", "false", "false");
        try {
            return new EncoderConfig(
                    dimension(config, "num_hidden_layers"),
                    dimension(config, "hidden_size"),
                    dimension(config, "num_attention_heads"),
                    dimension(config, "intermediate_size"),
                    dimension(config, "max_position_embeddings"),
                    dimension(config, "vocab_size"),
                    config.path("layer_norm_eps").asDouble(1e-12),
                    pooling(config.path(POOLING).asText(Pooling.MEAN.text)),
                    text(config, PREFIX));
        } catch (IllegalArgumentException e) {
            throw new IOException("config.json: " + e.getMessage(), e);
        }
    }

    private static void require(JsonNode config, String name, String fallback, String supported) throws IOException {
        String value = config.path(name).asText(fallback);
        if (!value.equals(supported)) {
            throw new IOException("config.json: " + name + " must be " + supported + ", but is '" + value + "'");
        }
    }

    private static Pooling pooling(String text) throws IOException {
        for (Pooling pooling : Pooling.values()) {
            if (pooling.text.equals(text)) {
                return pooling;
            }
        }
        throw new IOException("config.json: " + POOLING + " must be mean or cls, but is '" + text + "'");
    }

    private static String text(JsonNode config, String name) throws IOException {
        JsonNode value = config.path(name);
        if (!value.isMissingNode() && !value.isTextual()) {
            throw new IOException("config.json: " + name + " must be a text, but is " + value);
        }
        return value.asText();
    }

    private static int dimension(JsonNode config, String name) throws IOException {
        JsonNode value = config.path(name);
        if (!value.isInt() || value.asInt() < 1) {
            throw new IOException("config.json: " + name + " must be a whole number >= 1, but is " + value);
        }
        return value.asInt();
    }

    /** {@return the bytes of a {@code config.json} that {@link #read} and Hugging Face transformers understand} */
    public byte[] write() {
        ObjectNode config = JSON.createObjectNode()
                .put("model_type", "bert")
                .put("hidden_act", "gelu")
                .put("num_hidden_layers", layers)
                .put("hidden_size", hidden)
                .put("num_attention_heads", heads)
                .put("intermediate_size", intermediate)
                .put("max_position_embeddings", positions)
                .put("vocab_size", vocabulary)
                .put("type_vocab_size", 2)
                .put("layer_norm_eps", layerNormEpsilon)
                .put("pad_token_id", 0)
                .put("hidden_dropout_prob", 0.0)
                .put("attention_probs_dropout_prob", 0.0);
        config.putArray("architectures").add("BertModel");
        if (pooling != Pooling.MEAN) {
            config.put(POOLING, pooling.text);
        }
        if (!prefix.isEmpty()) {
            config.put(PREFIX, prefix);
        }
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
        } catch (IOException e) {
            throw new IllegalStateException("a tree of numbers and strings cannot fail to be written", e);
        }
    }
}
