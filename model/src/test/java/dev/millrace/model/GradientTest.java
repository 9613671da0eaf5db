package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import dev.millrace.model.ParameterGroup.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The gradients of the network program are right, from the first call to the last. They are seen through the first
 * moments: after one step from nothing, without clipping, these are a tenth of the gradient.
 */
class GradientTest {

    private static final float BETA1 = 0.9f;
    private static final int FROZEN_LAYERS = 1;

    private Network network;
    private List<Tensor> start;

    @BeforeEach
    void load() {
        network = Network.load(TinyBert.model(), TinyBert.CPU, FROZEN_LAYERS);
        start = new ArrayList<>(TinyBert.trainable(network));
        start.add(TinyBert.head());
    }

    @AfterEach
    void close() {
        network.close();
    }

    @Test
    void callsOneToFourAgreeOnTheSameInput() {
        Map<String, float[]> first = step(start).gradients();

        for (int call = 2; call <= 4; call++) {
            Map<String, float[]> next = step(start).gradients();
            first.forEach((name, gradient) ->
                    assertThat(TinyBert.get(next, name)).describedAs(name).containsExactly(gradient));
        }
    }

    @Test
    void agreeWithCentralDifferencesAtEachCall() {
        for (int call = 1; call <= 4; call++) {
            Map<String, float[]> gradients = step(start).gradients();
            for (String part : List.of(
                    "attention.self.query.weight",
                    "attention.self.value.bias",
                    "attention.output.LayerNorm.weight",
                    "intermediate.dense.weight",
                    "output.LayerNorm.bias")) {
                checkDifferences("encoder.layer.1." + part, gradients);
            }
            checkDifferences(TinyBert.HEAD, gradients);
        }
    }

    /** The largest entry of the gradient alone, and the whole tensor moved along its gradient. */
    private void checkDifferences(String name, Map<String, float[]> gradients) {
        float[] gradient = TinyBert.get(gradients, name);
        int largest = IntStream.range(0, gradient.length)
                .reduce(0, (a, b) -> Math.abs(gradient[a]) >= Math.abs(gradient[b]) ? a : b);
        float[] entry = new float[gradient.length];
        entry[largest] = 1;
        assertThat(slope(name, entry)).describedAs(name + "[" + largest + "]").isCloseTo(gradient[largest], percent(2));

        double norm = norm(gradient);
        float[] direction = new float[gradient.length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = (float) (gradient[i] / norm);
        }
        assertThat(slope(name, direction)).describedAs(name).isCloseTo(norm, percent(2));
    }

    private static Percentage percent(double percent) {
        return Percentage.withPercentage(percent);
    }

    private double slope(String name, float[] direction) {
        float reach = 5e-3f;
        return (lossAt(name, direction, reach) - lossAt(name, direction, -reach)) / (2.0 * reach);
    }

    private double lossAt(String name, float[] direction, float reach) {
        List<Tensor> moved = start.stream()
                .map(tensor -> {
                    if (!tensor.name().equals(name)) {
                        return tensor;
                    }
                    float[] values = TinyBert.floats(tensor);
                    for (int i = 0; i < values.length; i++) {
                        values[i] += reach * direction[i];
                    }
                    return TinyBert.tensor(
                            name,
                            values,
                            tensor.shape().stream().mapToLong(Long::longValue).toArray());
                })
                .toList();
        return step(moved).loss();
    }

    @Test
    void agreeWithEagerAutogradAtEachCall() {
        Map<String, float[]> expected = eagerGradients();

        for (int call = 1; call <= 4; call++) {
            Map<String, float[]> gradients = step(start).gradients();
            expected.forEach((name, eager) -> {
                float[] found = TinyBert.get(gradients, name);
                double tolerance = 1e-5 + 1e-4 * norm(eager);
                assertThat(found).describedAs(name).hasSameSizeAs(eager);
                assertThat(found).describedAs(name).containsExactly(eager, within((float) tolerance));
            });
        }
    }

    /** The same loss by DJL's own operators, text by text, without a chunk or a pad. */
    private Map<String, float[]> eagerGradients() {
        try (NDManager manager = NDManager.newBaseManager(TinyBert.CPU.djl(), "PyTorch");
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            Map<String, NDArray> arrays = new HashMap<>();
            TinyBert.tensors(TinyBert.CONFIG)
                    .forEach((name, tensor) -> arrays.put(name, NativeArray.of(manager, tensor)));
            arrays.put(TinyBert.HEAD, NativeArray.of(manager, TinyBert.head()));
            start.forEach(tensor -> TinyBert.get(arrays, tensor.name()).setRequiresGradient(true));
            EagerBert eager = new EagerBert(TinyBert.CONFIG, arrays);
            TokenBatch batch = TinyBert.batch();
            NDList rows = new NDList();
            for (int index : batch.order()) {
                rows.add(eager.embed(manager, TinyBert.texts().get(index)));
            }
            NDArray logits =
                    eager.logits(rows.get(0).getNDArrayInternal().stack(rows.subNDList(1), 0), TinyBert.HEAD, 16);
            NDArray oneHot = manager.create(TinyBert.labels()).oneHot(TinyBert.LABELS, DataType.FLOAT32);
            NDArray target = oneHot.mul(0.9f).add(0.1f / TinyBert.LABELS);
            NDArray each = logits.logSoftmax(1).mul(target).sum(new int[] {1}).neg();
            NDArray weights = manager.create(TinyBert.weights());
            collector.backward(each.mul(weights).sum().div(weights.sum()));
            Map<String, float[]> gradients = new HashMap<>();
            start.forEach(tensor -> gradients.put(
                    tensor.name(),
                    TinyBert.get(arrays, tensor.name()).getGradient().toFloatArray()));
            return gradients;
        }
    }

    @Test
    void theGradientOfACosineHeadsRowIsOrthogonalToTheRowAtEachStep() {
        try (ParameterGroup encoder = ParameterGroup.fresh(network, TinyBert.trainable(network));
                ParameterGroup head = ParameterGroup.fresh(network, List.of(TinyBert.head()))) {
            for (int step = 1; step <= 5; step++) {
                Map<String, float[]> before = TinyBert.values(head.snapshot());
                learn(encoder, head);
                Map<String, float[]> after = TinyBert.values(head.snapshot());

                float[] rows = TinyBert.get(before, Part.VALUE.of(TinyBert.HEAD));
                float[] old = TinyBert.get(before, Part.FIRST_MOMENT.of(TinyBert.HEAD));
                float[] moment = TinyBert.get(after, Part.FIRST_MOMENT.of(TinyBert.HEAD));
                int hidden = TinyBert.CONFIG.hidden();
                for (int row = 0; row < TinyBert.LABELS; row++) {
                    double product = 0;
                    double gradientSquares = 0;
                    double rowSquares = 0;
                    for (int i = row * hidden; i < (row + 1) * hidden; i++) {
                        double gradient = (moment[i] - (double) BETA1 * old[i]) / (1 - BETA1);
                        product += gradient * rows[i];
                        gradientSquares += gradient * gradient;
                        rowSquares += (double) rows[i] * rows[i];
                    }
                    assertThat(gradientSquares).isGreaterThan(1e-8);
                    assertThat(product / Math.sqrt(gradientSquares * rowSquares))
                            .describedAs("cosine at step " + step + ", row " + row)
                            .isCloseTo(0, within(1e-3));
                }
            }
        }
    }

    @Test
    void theGradientNormIsTheNormOfTheGradients() {
        Step step = step(start);

        double squares = step.gradients().values().stream()
                .mapToDouble(gradient -> norm(gradient) * norm(gradient))
                .sum();
        assertThat(step.norm()).isCloseTo(Math.sqrt(squares), within(1e-4 * step.norm()));
    }

    private record Step(double loss, double norm, Map<String, float[]> gradients) {}

    private Step step(List<Tensor> values) {
        try (ParameterGroup encoder = ParameterGroup.fresh(network, values.subList(0, values.size() - 1));
                ParameterGroup head = ParameterGroup.fresh(network, values.subList(values.size() - 1, values.size()))) {
            Network.StepResult result = learn(encoder, head);
            Map<String, float[]> parts = TinyBert.values(encoder.snapshot());
            parts.putAll(TinyBert.values(head.snapshot()));
            Map<String, float[]> gradients = new HashMap<>();
            for (Tensor tensor : values) {
                float[] moment = TinyBert.get(parts, Part.FIRST_MOMENT.of(tensor.name()));
                for (int i = 0; i < moment.length; i++) {
                    moment[i] /= 1 - BETA1;
                }
                gradients.put(tensor.name(), moment);
            }
            return new Step(result.loss(), result.gradientNorm(), gradients);
        }
    }

    private Network.StepResult learn(ParameterGroup encoder, ParameterGroup head) {
        try (NDManager scope = network.manager().newSubManager()) {
            return network.step(
                    scope,
                    encoder,
                    0,
                    TinyBert.SHAPE,
                    head,
                    TinyBert.settings(network),
                    TinyBert.batch(),
                    TinyBert.targets());
        }
    }

    private static double norm(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }
}
