package dev.millrace.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
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
                    JSON.readValue(metadata.getOrDefault("labels", ""), new TypeReference<List<String>>() {}),
                    Double.parseDouble(metadata.getOrDefault("head_scale", "")),
                    Integer.parseInt(metadata.getOrDefault("max_tokens", "")),
                    content.tensors());
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IOException(file + ": the metadata does not describe a classifier: " + e.getMessage(), e);
        }
    }
}
