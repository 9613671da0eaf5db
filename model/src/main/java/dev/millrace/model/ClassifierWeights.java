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
 * base, or the adapters beside them, and the head. Immutable.
 *
 * @param labels in the order of the head's rows
 * @param head what is made of an embedding
 * @param maxTokens of one text; longer ones are cut
 * @param adapterWeight what the products of adapters are multiplied with; 0 when there are none
 * @param tensors of the encoder by their names in the base, adapters by the names of {@link Network#trainableNames}, and
 *     those of {@link Head#names}
 */
public record ClassifierWeights(
        List<String> labels, Head head, int maxTokens, double adapterWeight, List<Tensor> tensors) {

    private static final String ADAPTER_WEIGHT = "adapter_weight";
    private static final ObjectMapper JSON = new ObjectMapper();

    public ClassifierWeights {
        labels = List.copyOf(labels);
        tensors = List.copyOf(tensors);
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("a classifier must know at least one label");
        }
        if (!(adapterWeight >= 0) || Double.isInfinite(adapterWeight)) {
            throw new IllegalArgumentException("adapterWeight must be a number >= 0, but is " + adapterWeight);
        }
    }

    /**
     * Without adapters.
     *
     * @param labels in the order of the head's rows
     * @param head what is made of an embedding
     * @param maxTokens of one text; longer ones are cut
     * @param tensors of the encoder and the head
     */
    public ClassifierWeights(List<String> labels, Head head, int maxTokens, List<Tensor> tensors) {
        this(labels, head, maxTokens, 0, tensors);
    }

    /**
     * Writes the file. The same weights give the same bytes.
     *
     * @param out where to; not closed
     * @throws IOException when {@code out} fails
     */
    public void writeTo(OutputStream out) throws IOException {
        Safetensors.write(out, tensors, metadata());
    }

    /** {@return where in the file that is written the bytes of each tensor begin, by its name} */
    public Map<String, Long> positions() {
        return Safetensors.positions(tensors, metadata());
    }

    /** {@return the same with every tensor in bfloat16, rounded to the nearest, ties to even} */
    public ClassifierWeights inBfloat16() {
        return new ClassifierWeights(
                labels,
                head,
                maxTokens,
                adapterWeight,
                tensors.stream().map(HalfPrecision::inBfloat16).toList());
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata = new HashMap<>(HeadMetadata.of(head));
        metadata.put("format", "pt");
        metadata.put("max_tokens", Integer.toString(maxTokens));
        metadata.put("labels", labelsInJson());
        if (adapterWeight > 0) {
            metadata.put(ADAPTER_WEIGHT, Double.toString(adapterWeight));
        }
        return metadata;
    }

    private String labelsInJson() {
        try {
            return JSON.writeValueAsString(labels);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a list of strings cannot fail to be written", e);
        }
    }

    /**
     * Reads the file. What is in 16 bits becomes float32.
     *
     * @param file written by {@link #writeTo}
     * @return what it holds
     * @throws IOException when it cannot be read, or is another kind of file
     */
    public static ClassifierWeights read(Path file) throws IOException {
        SafetensorsFile content = Safetensors.read(file);
        Map<String, String> metadata = content.metadata();
        try {
            Head head = HeadMetadata.read(metadata);
            return new ClassifierWeights(
                    labels(metadata.getOrDefault("labels", "")),
                    head,
                    Integer.parseInt(metadata.getOrDefault("max_tokens", "")),
                    Double.parseDouble(metadata.getOrDefault(ADAPTER_WEIGHT, "0")),
                    content.tensors().stream().map(HalfPrecision::widened).toList());
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

    /** The base with the tensors that differ put in, and adapters merged; the head is none of them. */
    PretrainedModel applyTo(PretrainedModel base) {
        Map<String, Tensor> merged = new HashMap<>(base.tensors());
        List<Tensor> adapters = new ArrayList<>();
        for (Tensor tensor : tensors) {
            if (Adapters.owns(tensor.name())) {
                adapters.add(tensor);
            } else if (!Head.owns(tensor.name()) && merged.put(tensor.name(), tensor) == null) {
                throw new IllegalArgumentException("the encoder has no tensor named " + tensor.name());
            }
        }
        Adapters.merge(merged, adapters, adapterWeight);
        return new PretrainedModel(base.name(), base.config(), merged, base.tokenizerJson());
    }

    /** The head's tensors in order, once it is certain that they fit each other, the encoder and the labels. */
    List<Tensor> headTensors(int embedding) {
        return head.select(tensors, embedding, labels.size());
    }
}
