package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An encoder as somebody published it: its tensors, its dimensions and its tokenizer.
 *
 * <p>Immutable and safe for use by several threads.
 *
 * @param name what it is called in settings and in the lineage of versions
 * @param config its dimensions
 * @param tensors by name, in the order of the network
 * @param tokenizerJson a Hugging Face {@code tokenizer.json}
 */
public record PretrainedModel(String name, EncoderConfig config, Map<String, Tensor> tensors, String tokenizerJson) {

    /** The name of {@link #bundled()}. */
    public static final String MINILM = "minilm-l6";

    private static final String ONNX = "/all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";

    public PretrainedModel {
        List<String> names = new ArrayList<>(EncoderLayout.embeddings());
        names.addAll(EncoderLayout.layers(0, config.layers()));
        Map<String, Tensor> ordered = new LinkedHashMap<>();
        for (String tensor : names) {
            Tensor found = tensors.get(tensor);
            if (found == null) {
                throw new IllegalArgumentException(name + " has no tensor named " + tensor);
            }
            if (found.type() != ElementType.F32 || !EncoderLayout.fits(config, found)) {
                throw new IllegalArgumentException(name + ": this tensor must be F32 of the shape that follows from "
                        + config + ", but is " + found);
            }
            ordered.put(tensor, found);
        }
        tensors = Collections.unmodifiableMap(ordered);
    }

    /**
     * The encoder that ships with Millrace: all-MiniLM-L6-v2, 6 layers of 384, 22.7 million parameters, made for
     * sentence embeddings by masked mean pooling (Reimers and Gurevych 2019; Wang et al. 2020).
     *
     * @return it, read from the class path
     */
    public static PretrainedModel bundled() {
        try (InputStream onnx = resource(ONNX)) {
            return new PretrainedModel(
                    MINILM,
                    new EncoderConfig(6, 384, 12, 1536, 512, 30522, 1e-12),
                    OnnxWeights.read(onnx),
                    bundledTokenizer());
        } catch (IOException e) {
            throw new IllegalStateException("The bundled model cannot be read from the class path", e);
        }
    }

    /**
     * The tokenizer of {@link #bundled()}, for who needs no more of it.
     *
     * @return a Hugging Face {@code tokenizer.json}, read from the class path
     */
    public static String bundledTokenizer() {
        try (InputStream tokenizer = resource(TOKENIZER)) {
            return new String(tokenizer.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("The bundled tokenizer cannot be read from the class path", e);
        }
    }

    /**
     * Reads an encoder from its three files.
     *
     * @param name what it is called
     * @param config a Hugging Face {@code config.json}
     * @param tokenizer a Hugging Face {@code tokenizer.json}
     * @param tensors a safetensors file with every tensor of the encoder, in float32
     * @return it
     * @throws IOException when a file cannot be read, or says something else than an encoder of the BERT family
     */
    public static PretrainedModel read(String name, Path config, Path tokenizer, Path tensors) throws IOException {
        Map<String, Tensor> byName = new LinkedHashMap<>();
        for (Tensor tensor : Safetensors.read(tensors).tensors()) {
            byName.put(tensor.name(), tensor);
        }
        EncoderConfig dimensions = EncoderConfig.read(Files.readAllBytes(config));
        try {
            return new PretrainedModel(name, dimensions, byName, Files.readString(tokenizer));
        } catch (IllegalArgumentException e) {
            throw new IOException(tensors + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes the tensors as {@link #read} takes them.
     *
     * @param out where to; not closed
     * @throws IOException when {@code out} fails
     */
    public void writeTensors(OutputStream out) throws IOException {
        Safetensors.write(out, List.copyOf(tensors.values()), Map.of("format", "pt"));
    }

    /**
     * This encoder without its upper layers.
     *
     * @param layers how many are kept, from the lowest: 1 to all
     * @return an encoder of the same name
     */
    public PretrainedModel lowest(int layers) {
        if (layers < 1 || layers > config.layers()) {
            throw new IllegalArgumentException(
                    "layers must be 1 to " + config.layers() + ", as many as " + name + " has, but is " + layers);
        }
        EncoderConfig lower = new EncoderConfig(
                layers,
                config.hidden(),
                config.heads(),
                config.intermediate(),
                config.positions(),
                config.vocabulary(),
                config.layerNormEpsilon(),
                config.pooling());
        return new PretrainedModel(name, lower, tensors, tokenizerJson);
    }

    /**
     * Opens its tokenizer.
     *
     * @param maxTokens the most tokens of one text, marks included, from 3 to {@link EncoderConfig#positions}
     * @return it; the caller closes it
     */
    public Tokenizer tokenizer(int maxTokens) {
        if (maxTokens > config.positions()) {
            throw new IllegalArgumentException("maxTokens must be <= " + config.positions() + ", the positions that "
                    + name + " knows, but is " + maxTokens);
        }
        return Tokenizer.of(tokenizerJson, maxTokens);
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = PretrainedModel.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException(name + " is not on the class path");
        }
        return in;
    }

    List<Tensor> embeddings() {
        return select(EncoderLayout.embeddings());
    }

    List<Tensor> layers(int first, int end) {
        return select(EncoderLayout.layers(first, end));
    }

    private List<Tensor> select(List<String> names) {
        List<Tensor> selected = new ArrayList<>();
        for (String tensor : names) {
            selected.add(Objects.requireNonNull(tensors.get(tensor)));
        }
        return selected;
    }
}
