package dev.millrace.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * A head that was trained elsewhere on the encoder beside it. Immutable.
 *
 * @param shape what is made of an embedding
 * @param labels in the order of the head's rows; two at least, and each once
 * @param tensors those of {@link Head#names}, in their order
 */
public record PretrainedHead(Head shape, List<String> labels, List<Tensor> tensors) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LABELS = "labels";

    /** How far apart the logits of a label that comes later are at most: about as far as a trained head's. */
    private static final double SCALE = 8;

    public PretrainedHead {
        labels = List.copyOf(labels);
        tensors = List.copyOf(tensors);
        if (labels.size() < 2 || new HashSet<>(labels).size() < labels.size()) {
            throw new IllegalArgumentException(
                    "there must be two labels or more, and each once, but they are " + labels);
        }
    }

    /**
     * Writes the head as a safetensors file, with its shape and labels in the metadata. The same head gives the same bytes.
     *
     * @param out where to; not closed
     * @throws IOException when {@code out} fails
     */
    public void writeTo(OutputStream out) throws IOException {
        Map<String, String> metadata = new HashMap<>(HeadMetadata.of(shape));
        metadata.put("format", "pt");
        metadata.put(LABELS, JSON.writeValueAsString(labels));
        Safetensors.write(out, tensors, metadata);
    }

    /**
     * Reads the head of a folder that {@link HuggingFaceFolder} wrote, or in which Hugging Face transformers saved a {@code
     * BertForSequenceClassification}.
     *
     * @param folder with the files
     * @param embedding elements of an embedding of its encoder
     * @return the head
     * @throws IOException when a file is missing, cannot be read, or is of something else; the message says of what
     */
    static PretrainedHead read(Path folder, int embedding) throws IOException {
        Path beside = folder.resolve(HuggingFaceFolder.HEAD);
        try {
            return Files.isRegularFile(beside) ? own(beside, embedding) : bert(folder, embedding);
        } catch (IllegalArgumentException | JsonProcessingException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static PretrainedHead own(Path file, int embedding) throws IOException {
        SafetensorsFile content = Safetensors.read(file);
        Head shape = HeadMetadata.read(content.metadata());
        List<String> labels = new ArrayList<>();
        JSON.readTree(content.metadata().getOrDefault(LABELS, "[]")).forEach(label -> labels.add(label.asText()));
        return of(shape, labels, content.tensors(), embedding);
    }

    private static PretrainedHead bert(Path folder, int embedding) throws IOException {
        List<Tensor> tensors =
                Safetensors.read(folder.resolve(HuggingFaceFolder.MODEL)).tensors();
        if (tensors.stream().noneMatch(tensor -> tensor.name().equals(BertTensors.CLASSIFIER_WEIGHT))) {
            throw new IllegalArgumentException("it holds an encoder without a classifier");
        }
        JsonNode config = JSON.readTree(folder.resolve("config.json").toFile());
        JsonNode problem = config.path("problem_type");
        if (problem.isTextual() && !problem.textValue().equals("single_label_classification")) {
            throw new IllegalArgumentException(
                    "config.json: problem_type must be single_label_classification, but is " + problem);
        }
        return of(Head.bert(SCALE), labels(config.path("id2label")), BertTensors.head(tensors), embedding);
    }

    private static List<String> labels(JsonNode names) {
        List<String> labels = new ArrayList<>();
        for (int row = 0; row < names.size(); row++) {
            JsonNode name = names.path(Integer.toString(row));
            if (!name.isTextual() || name.textValue().isBlank()) {
                throw new IllegalArgumentException(
                        "config.json: id2label must name each label by its number from 0 on, but" + " has no name for "
                                + row);
            }
            labels.add(name.textValue());
        }
        return labels;
    }

    private static PretrainedHead of(Head shape, List<String> labels, List<Tensor> tensors, int embedding) {
        return new PretrainedHead(shape, labels, shape.select(tensors, embedding, labels.size()));
    }
}
