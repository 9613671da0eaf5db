package dev.millrace.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.Network.StepResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A tiny encoder and its head while they learn the batch of {@link TinyBert} over and over. */
final class Training implements AutoCloseable {

    final Network network;
    final Head shape;
    final ParameterGroup encoder;
    final ParameterGroup head;

    private Training(Network network, Head shape, ParameterGroup encoder, ParameterGroup head) {
        this.network = network;
        this.shape = shape;
        this.encoder = encoder;
        this.head = head;
    }

    static Training fresh(Network network) {
        return fresh(network, TinyBert.SHAPE, List.of(TinyBert.head()));
    }

    static Training fresh(Network network, Head shape, List<Tensor> head) {
        return fresh(network, TinyBert.model(network.config()), shape, head);
    }

    static Training fresh(Network network, PretrainedModel base, Head shape, List<Tensor> head) {
        return new Training(
                network,
                shape,
                ParameterGroup.fresh(network, network.untrained(base, 1)),
                ParameterGroup.fresh(network, head));
    }

    static Training restored(Network network, List<Tensor> snapshot) {
        return restored(network, TinyBert.SHAPE, snapshot);
    }

    static Training restored(Network network, Head shape, List<Tensor> snapshot) {
        Map<String, Tensor> parts = new HashMap<>();
        snapshot.forEach(tensor -> parts.put(tensor.name(), tensor));
        return new Training(
                network,
                shape,
                ParameterGroup.restored(network, network.trainableNames(), name -> TinyBert.get(parts, name)),
                ParameterGroup.restored(network, shape.names(), name -> TinyBert.get(parts, name)));
    }

    /** Takes a step; the logits of the result are closed. */
    StepResult step(StepSettings settings) {
        return step(settings, TinyBert.targets());
    }

    StepResult step(StepSettings settings, Targets targets) {
        return step(settings, targets, 0);
    }

    /** The same where so many of the lowest layers are known to be as published. */
    StepResult step(StepSettings settings, int published) {
        return step(settings, TinyBert.targets(), published);
    }

    private StepResult step(StepSettings settings, Targets targets, int published) {
        try (NDManager scope = network.manager().newSubManager()) {
            return network.step(scope, encoder, published, shape, head, settings, TinyBert.batch(), targets);
        }
    }

    Training steps(int count) {
        return steps(count, TinyBert.settings(network));
    }

    Training steps(int count, StepSettings settings) {
        for (int i = 0; i < count; i++) {
            step(settings);
        }
        return this;
    }

    /** The logits that the averages give, row by row of the batch. */
    float[] logits() {
        return logits(0);
    }

    /** The same where so many of the lowest layers are known to be as published. */
    float[] logits(int published) {
        try (NDManager scope = network.manager().newSubManager()) {
            return network.predict(scope, encoder.averages(), published, shape, head.averages(), TinyBert.batch())
                    .logits()
                    .toFloatArray();
        }
    }

    List<Tensor> snapshot() {
        List<Tensor> all = new ArrayList<>(encoder.snapshot());
        all.addAll(head.snapshot());
        return all;
    }

    List<String> names() {
        List<String> names = new ArrayList<>(network.trainableNames());
        names.addAll(shape.names());
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
