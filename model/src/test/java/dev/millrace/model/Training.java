package dev.millrace.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.Network.StepSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A tiny encoder and its head while they learn the batch of {@link TinyBert} over and over. */
final class Training implements AutoCloseable {

    final Network network;
    final ParameterGroup encoder;
    final ParameterGroup head;

    private Training(Network network, ParameterGroup encoder, ParameterGroup head) {
        this.network = network;
        this.encoder = encoder;
        this.head = head;
    }

    static Training fresh(Network network) {
        return new Training(
                network,
                ParameterGroup.fresh(network, TinyBert.trainable(network)),
                ParameterGroup.fresh(network, List.of(TinyBert.head())));
    }

    static Training restored(Network network, List<Tensor> snapshot) {
        Map<String, Tensor> parts = new HashMap<>();
        snapshot.forEach(tensor -> parts.put(tensor.name(), tensor));
        return new Training(
                network,
                ParameterGroup.restored(network, network.trainableNames(), name -> TinyBert.get(parts, name)),
                ParameterGroup.restored(network, List.of(TinyBert.HEAD), name -> TinyBert.get(parts, name)));
    }

    /** Takes a step; the logits of the result are closed. */
    StepResult step(StepSettings settings) {
        return step(settings, TinyBert.labels());
    }

    StepResult step(StepSettings settings, long[] labels) {
        try (NDManager scope = network.manager().newSubManager()) {
            return network.step(scope, encoder, head, settings, TinyBert.batch(), labels, TinyBert.weights());
        }
    }

    Training steps(int count) {
        for (int i = 0; i < count; i++) {
            step(TinyBert.SETTINGS);
        }
        return this;
    }

    List<Tensor> snapshot() {
        List<Tensor> all = new ArrayList<>(encoder.snapshot());
        all.addAll(head.snapshot());
        return all;
    }

    List<String> names() {
        List<String> names = new ArrayList<>(network.trainableNames());
        names.add(TinyBert.HEAD);
        return names;
    }

    /** The embeddings that the averages give, row by row of the batch. */
    float[] embed() {
        return embed(encoder.averages());
    }

    float[] embed(NDList layers) {
        try (NDManager scope = network.manager().newSubManager()) {
            return network.embed(scope, layers, TinyBert.batch()).toFloatArray();
        }
    }

    @Override
    public void close() {
        encoder.close();
        head.close();
    }
}
