package dev.millrace.model;

import dev.millrace.model.EncoderConfig.Pooling;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * An encoder that Maven artifacts carry to the class path: as an ONNX export in float32, and its tokenizer. All are of
 * width 384, know 512 positions, and were made for sentence embeddings of English.
 */
public enum PublishedEncoder {

    /**
     * all-MiniLM-L6-v2, 6 layers, 22.7 million parameters, pooled by the mean (Reimers and Gurevych 2019; Wang et al.
     * 2020). It ships with Millrace.
     */
    MINILM("minilm-l6", "all-minilm-l6-v2", 6, Pooling.MEAN, ""),

    /** bge-small-en-v1.5, 12 layers, 33.2 million parameters, pooled by its first token (Xiao et al. 2023). */
    BGE_SMALL("bge-small", "bge-small-en-v1.5", 12, Pooling.FIRST_TOKEN, ""),

    /**
     * e5-small-v2, 12 layers, 33.2 million parameters, pooled by the mean (Wang et al. 2022). It knows each text behind
     * {@code query: } or {@code passage: }; the first is for whatever is not searched for.
     */
    E5_SMALL("e5-small", "e5-small-v2", 12, Pooling.MEAN, "query: ");

    private final String base;
    private final String file;
    private final int layers;
    private final Pooling pooling;
    private final String prefix;

    PublishedEncoder(String base, String file, int layers, Pooling pooling, String prefix) {
        this.base = base;
        this.file = file;
        this.layers = layers;
        this.pooling = pooling;
        this.prefix = prefix;
    }

    /**
     * Looks one up.
     *
     * @param base a name, as {@link #base()} gives it
     * @return the encoder of that name, or empty
     */
    public static Optional<PublishedEncoder> named(String base) {
        return Arrays.stream(values())
                .filter(encoder -> encoder.base.equals(base))
                .findFirst();
    }

    /** {@return what it is called in settings and in the lineage of versions} */
    public String base() {
        return base;
    }

    /** {@return whether its artifact is on the class path} */
    public boolean isPresent() {
        return PublishedEncoder.class.getResource(onnx()) != null;
    }

    /**
     * Reads it.
     *
     * @return the encoder, named {@link #base()}
     * @throws IllegalStateException when its artifact is not on the class path, or cannot be read
     */
    public PretrainedModel read() {
        try (InputStream onnx = resource(onnx())) {
            EncoderConfig config = new EncoderConfig(layers, 384, 12, 1536, 512, 30522, 1e-12, pooling, prefix);
            return new PretrainedModel(base, config, OnnxWeights.read(onnx), tokenizerJson());
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * Its tokenizer, for who needs no more of it.
     *
     * @return a Hugging Face {@code tokenizer.json}
     * @throws IllegalStateException when its artifact is not on the class path, or cannot be read
     */
    public String tokenizerJson() {
        try (InputStream tokenizer = resource("/" + file + "-tokenizer.json")) {
            return new String(tokenizer.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private String onnx() {
        return "/" + file + ".onnx";
    }

    private IllegalStateException unreadable(IOException cause) {
        return new IllegalStateException(base + " cannot be read from the class path: " + cause.getMessage(), cause);
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = PublishedEncoder.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException(name + " is not there");
        }
        return in;
    }
}
