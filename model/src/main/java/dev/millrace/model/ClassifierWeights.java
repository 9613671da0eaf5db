package dev.millrace.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What fine-tuning adds to a pretrained encoder, as it is kept in a safetensors file: the tensors that differ from the
 * base, the rows of the head, and what the head means.
 *
 * <p>The head is a cosine head: the logit of a label is {@code headScale} times the cosine between the text's embedding
 * (masked mean of the last layer) and the label's row of {@code head.weight}. Immutable.
 *
 * @param labels in the order of the head's rows
 * @param headScale what the cosine is multiplied with
 * @param maxTokens of one text; longer ones are cut
 * @param tensors of the encoder by their names in the base, and {@code head.weight}, {@code [labels, hidden]}
 */
public record ClassifierWeights(List<String> labels, double headScale, int maxTokens, List<Tensor> tensors) {

    /** The name of the head's tensor. */
    public static final String HEAD = "head.weight";

    private static final ObjectMapper JSON = new ObjectMapper();

    public ClassifierWeights {
        labels = List.copyOf(labels);
        tensors = List.copyOf(tensors);
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("a classifier must know at least one label");
        }
        if (!(headScale > 0) || Double.isInfinite(headScale)) {
            throw new IllegalArgumentException("headScale must be a number > 0, but is " + headScale);
        }
    }

    /**
     * Writes the file. The same weights give the same bytes.
     *
     * @param out where to; not closed
     * @throws IOException when {@code out} fails
     */
    public void writeTo(OutputStream out) throws IOException {
        Safetensors.write(
                out,
                tensors,
                Map.of(
                        "format", "pt",
                        "head", "cosine",
                        "head_scale", Double.toString(headScale),
                        "max_tokens", Integer.toString(maxTokens),
                        "labels", JSON.writeValueAsString(labels)));
    }

    /**
     * Reads the file.
     *
     * @param file written by {@link #writeTo}
     * @return what it holds
     * @throws IOException when it cannot be read, or is another kind of file
     */
    public static ClassifierWeights read(Path file) throws IOException {
        SafetensorsFile content = Safetensors.read(file);
        Map<String, String> metadata = content.metadata();
        if (!"cosine".equals(metadata.get("head"))) {
            throw new IOException(file + ": the head must be cosine, but is " + metadata.get("head"));
        }
        try {
            return new ClassifierWeights(
                    labels(metadata.getOrDefault("labels", "")),
                    Double.parseDouble(metadata.getOrDefault("head_scale", "")),
                    Integer.parseInt(metadata.getOrDefault("max_tokens", "")),
                    content.tensors());
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IOException(file + ": the metadata does not describe a classifier: " + e.getMessage(), e);
        }
    }

    private static List<String> labels(String json) throws JsonProcessingException {
        JsonNode array = JSON.readTree(json);
        List<String> labels = new ArrayList<>();
        for (JsonNode label : array) {
            if (label.isTextual()) {
                labels.add(label.textValue());
            }
        }
        if (!array.isArray() || labels.size() != array.size()) {
            throw new IllegalArgumentException("labels must be an array of strings, but is '" + json + "'");
        }
        return labels;
    }

    /** The base with the tensors that differ put in; the head is none of them. */
    PretrainedModel applyTo(PretrainedModel base) {
        Map<String, Tensor> merged = new HashMap<>(base.tensors());
        for (Tensor tensor : tensors) {
            if (!tensor.name().equals(HEAD) && merged.put(tensor.name(), tensor) == null) {
                throw new IllegalArgumentException("the encoder has no tensor named " + tensor.name());
            }
        }
        return new PretrainedModel(base.name(), base.config(), merged, base.tokenizerJson());
    }

    /** The head, once it is certain that it has a row of {@code hidden} elements for each label. */
    Tensor head(long hidden) {
        List<Long> shape = List.of((long) labels.size(), hidden);
        return tensors.stream()
                .filter(tensor -> tensor.name().equals(HEAD)
                        && tensor.type() == Tensor.ElementType.F32
                        && tensor.shape().equals(shape))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there must be a tensor " + HEAD + ": F32" + shape + ", one row a label"));
    }
}
