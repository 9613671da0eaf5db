package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.ParameterGroup.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;

/**
 * The gradients of a step on the batch of {@link TinyBert}, and whether the loss changes as they say. They are seen through
 * the first moments: after one step of AdamW from nothing, without clipping, these are a tenth of the gradient.
 */
record Gradients(
        Network network, Head shape, List<Tensor> encoder, List<Tensor> head, StepSettings settings, Targets targets) {

    private static final float REACH = 2e-3f;

    /** Those of an encoder that has learned nothing. */
    Gradients(Network network, Head shape, List<Tensor> head, StepSettings settings, Targets targets) {
        this(network, shape, network.untrained(TinyBert.model(network.config()), 1), head, settings, targets);
    }

    Gradients from(List<Tensor> learned) {
        return new Gradients(network, shape, learned, head, settings, targets);
    }

    /** By the names of the tensors. */
    Map<String, float[]> at(List<Tensor> encoder, List<Tensor> rows) {
        try (ParameterGroup layers = ParameterGroup.fresh(network, encoder);
                ParameterGroup last = ParameterGroup.fresh(network, rows)) {
            step(layers, last);
            Map<String, float[]> gradients = new HashMap<>();
            List<Tensor> parts = new ArrayList<>(layers.snapshot());
            parts.addAll(last.snapshot());
            String moment = Part.FIRST_MOMENT.of("");
            TinyBert.values(parts).forEach((name, values) -> {
                if (name.startsWith(moment)) {
                    for (int i = 0; i < values.length; i++) {
                        values[i] *= 10;
                    }
                    gradients.put(name.substring(moment.length()), values);
                }
            });
            return gradients;
        }
    }

    Map<String, float[]> atTheStart() {
        return at(encoder, head);
    }

    /** Moves each tensor along its gradient, and demands that the loss changes by as much as that is long. */
    void agreeWithCentralDifferences() {
        Map<String, float[]> gradients = atTheStart();
        gradients.forEach((name, gradient) -> {
            double norm = Math.sqrt(IntStream.range(0, gradient.length)
                    .mapToDouble(i -> (double) gradient[i] * gradient[i])
                    .sum());
            if (norm > 3e-2) {
                double slope =
                        (lossAt(name, gradient, REACH / norm) - lossAt(name, gradient, -REACH / norm)) / (2 * REACH);
                assertThat(slope).describedAs(name).isCloseTo(norm, Percentage.withPercentage(4));
            }
        });
        assertThat(gradients.values())
                .describedAs("tensors with a gradient that can be measured")
                .filteredOn(gradient -> IntStream.range(0, gradient.length).anyMatch(i -> Math.abs(gradient[i]) > 1e-3))
                .hasSizeGreaterThan(gradients.size() / 3);
    }

    private double lossAt(String name, float[] direction, double reach) {
        UnaryOperator<Tensor> move = tensor -> {
            if (!tensor.name().equals(name)) {
                return tensor;
            }
            float[] values = TinyBert.floats(tensor);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (reach * direction[i]);
            }
            return TinyBert.tensor(
                    name,
                    values,
                    tensor.shape().stream().mapToLong(Long::longValue).toArray());
        };
        try (ParameterGroup layers =
                        ParameterGroup.fresh(network, encoder.stream().map(move).toList());
                ParameterGroup last =
                        ParameterGroup.fresh(network, head.stream().map(move).toList())) {
            return step(layers, last).loss();
        }
    }

    private StepResult step(ParameterGroup layers, ParameterGroup last) {
        try (NDManager scope = network.manager().newSubManager()) {
            return network.step(scope, layers, 0, shape, last, settings, TinyBert.batch(), targets);
        }
    }
}
