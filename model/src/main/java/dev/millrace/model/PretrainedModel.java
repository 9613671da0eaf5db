package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An encoder as somebody published it: its tensors, its dimensions and its tokenizer.
 *
 * <p>Immutable and safe for use by several threads.
 *
 * @param name what it is called in settings and in the lineage of versions
 * @param config its dimensions
 * @param tensors by name, in the order of the network
 * @param tokenizerJson a Hugging Face {@code tokenizer.json}
 * @param head that training begins with, and its labels; empty where it begins without labels
 */
public record PretrainedModel(
        String name,
        EncoderConfig config,
        Map<String, Tensor> tensors,
        String tokenizerJson,
        Optional<PretrainedHead> head) {

    private static final Map<String, String> METADATA = Map.of("format", "pt");

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
     * An encoder without a head.
     *
     * @param name as above
     * @param config as above
     * @param tensors as above
     * @param tokenizerJson as above
     */
    public PretrainedModel(String name, EncoderConfig config, Map<String, Tensor> tensors, String tokenizerJson) {
        this(name, config, tensors, tokenizerJson, Optional.empty());
    }

    /**
     * The encoder that ships with Millrace, {@link PublishedEncoder#MINILM}.
     *
     * @return it, read from the class path
     */
    public static PretrainedModel bundled() {
        return PublishedEncoder.MINILM.read();
    }

    /**
     * The tokenizer of {@link #bundled()}, for who needs no more of it.
     *
     * @return a Hugging Face {@code tokenizer.json}, read from the class path
     */
    public static String bundledTokenizer() {
        return PublishedEncoder.MINILM.tokenizerJson();
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
        Safetensors.write(out, List.copyOf(tensors.values()), METADATA);
    }

    /** {@return where in that file the bytes of each tensor begin, by its name} */
    public Map<String, Long> positions() {
        return Safetensors.positions(List.copyOf(tensors.values()), METADATA);
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
        return new PretrainedModel(name, config.withLayers(layers), tensors, tokenizerJson, head);
    }

    /**
     * Opens its tokenizer, which puts {@link EncoderConfig#prefix} before each text.
     *
     * @param maxTokens the most tokens of one text, marks and prefix included, from 3 (with a prefix from as many more as it
     *     has) to {@link EncoderConfig#positions}
     * @return it; the caller closes it
     */
    public Tokenizer tokenizer(int maxTokens) {
        if (maxTokens > config.positions()) {
            throw new IllegalArgumentException("maxTokens must be <= " + config.positions() + ", the positions that "
                    + name + " knows, but is " + maxTokens);
        }
        return Tokenizer.of(tokenizerJson, maxTokens, config.prefix());
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
