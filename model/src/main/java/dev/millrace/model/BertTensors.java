package dev.millrace.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The names that {@code BertForSequenceClassification} of Hugging Face transformers gives to the tensors of a classifier. */
final class BertTensors {

    static final String ENCODER = "bert.";
    static final String CLASSIFIER_WEIGHT = "classifier.weight";

    private static final Map<String, String> NAMES = Map.of(
            Head.POOLER_WEIGHT,
            ENCODER + "pooler.dense.weight",
            Head.POOLER_BIAS,
            ENCODER + "pooler.dense.bias",
            Head.ROWS,
            CLASSIFIER_WEIGHT,
            Head.BIAS,
            "classifier.bias");

    private BertTensors() {}

    /** Encoder and head under these names. */
    static List<Tensor> of(PretrainedModel encoder, List<Tensor> head) {
        List<Tensor> all = new ArrayList<>();
        encoder.tensors().values().forEach(tensor -> all.add(renamed(tensor, ENCODER + tensor.name())));
        head.forEach(tensor -> all.add(renamed(tensor, NAMES.getOrDefault(tensor.name(), tensor.name()))));
        return all;
    }

    /**
     * The head among tensors with these names, in float32 and under Millrace's.
     *
     * @throws IllegalArgumentException when a part is missing
     */
    static List<Tensor> head(List<Tensor> tensors) {
        return Head.bert(1).names().stream()
                .map(name -> tensors.stream()
                        .filter(tensor -> tensor.name().equals(NAMES.get(name)))
                        .findFirst()
                        .map(tensor -> renamed(HalfPrecision.widened(tensor), name))
                        .orElseThrow(() -> new IllegalArgumentException("there is no tensor " + NAMES.get(name))))
                .toList();
    }

    private static Tensor renamed(Tensor tensor, String name) {
        return new Tensor(name, tensor.type(), tensor.shape(), tensor.data());
    }
}
