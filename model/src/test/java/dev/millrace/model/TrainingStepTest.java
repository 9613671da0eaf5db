package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.ParameterGroup.Part;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One call of the step does all it says, to all it should, and to nothing else. */
class TrainingStepTest {

    private Network network;
    private Training training;

    @BeforeEach
    void load() {
        network = Network.load(TinyBert.model(), TinyBert.CPU, 1);
        training = Training.fresh(network);
    }

    @AfterEach
    void close() {
        training.close();
        network.close();
    }

    @Test
    void theGradientIsClippedToItsNorm() {
        double norm = training.step(clip(1e9)).gradientNorm();
        Map<String, float[]> unclipped = TinyBert.values(training.snapshot());
        assertThat(norm).isBetween(1.5, 500.0);

        for (double clip : new double[] {1e-3, 1, 1e3}) {
            try (Training clipped = Training.fresh(network)) {
                StepResult result = clipped.step(clip(clip));
                assertThat((double) result.gradientNorm()).isEqualTo(norm);
                float expected = (float) Math.min(1, clip / (norm + 1e-6));
                Map<String, float[]> parts = TinyBert.values(clipped.snapshot());
                for (String name : clipped.names()) {
                    float[] whole = TinyBert.get(unclipped, Part.FIRST_MOMENT.of(name));
                    float[] scaled = TinyBert.get(parts, Part.FIRST_MOMENT.of(name));
                    for (int i = 0; i < whole.length; i++) {
                        assertThat(scaled[i])
                                .describedAs(name + " clipped at " + clip)
                                .isCloseTo(whole[i] * expected, within(1e-5f * expected));
                    }
                }
            }
        }
    }

    private StepSettings clip(double clip) {
        return TinyBert.settings(network, 0, clip);
    }

    @Test
    void everyTrainableTensorMovesAndSoDoesItsAverage() {
        Map<String, float[]> before = TinyBert.values(training.snapshot());
        training.step(TinyBert.settings(network));
        Map<String, float[]> after = TinyBert.values(training.snapshot());

        assertThat(training.names()).hasSize(EncoderLayout.TENSORS_PER_LAYER + 1);
        for (String name : training.names()) {
            for (Part part : Part.values()) {
                if (part != Part.GRADIENT) {
                    assertThat(TinyBert.get(after, part.of(name)))
                            .describedAs(part.of(name))
                            .isNotEqualTo(TinyBert.get(before, part.of(name)));
                }
            }
            float[] start = TinyBert.get(before, Part.VALUE.of(name));
            float[] value = TinyBert.get(after, Part.VALUE.of(name));
            float[] average = TinyBert.get(after, Part.AVERAGE.of(name));
            for (int i = 0; i < average.length; i++) {
                assertThat(average[i]).isCloseTo(0.9f * start[i] + 0.1f * value[i], within(1e-6f));
            }
        }
    }

    @Test
    void nothingFrozenMoves() {
        try (NDManager scope = network.manager().newSubManager()) {
            NDList untouched = new NDList();
            TinyBert.trainable(network).forEach(tensor -> untouched.add(NativeArray.of(scope, tensor)));
            float[] before = training.embed(untouched);

            training.steps(3);

            assertThat(training.embed(untouched)).containsExactly(before);
            assertThat(training.embed()).isNotEqualTo(before);
        }
    }

    @Test
    void updatesAreCounted() {
        for (float updates = 1; updates <= 2; updates++) {
            training.step(TinyBert.settings(network));
            Map<String, float[]> parts = TinyBert.values(training.snapshot());
            for (String name : training.names()) {
                assertThat(TinyBert.get(parts, Part.UPDATES.of(name)))
                        .describedAs(name)
                        .containsExactly(updates);
            }
        }
    }

    @Test
    void theFirstUpdateMovesEachWeightByTheLearningRateAgainstItsGradient() {
        Map<String, float[]> before = TinyBert.values(training.snapshot());
        StepResult result = training.step(TinyBert.settings(network));
        Map<String, float[]> after = TinyBert.values(training.snapshot());

        assertThat(result.loss()).isBetween(0.01f, 50f);
        int moved = 0;
        for (String name : training.names()) {
            double rate = name.equals(TinyBert.HEAD) ? TinyBert.HEAD_RATE : TinyBert.ENCODER_RATE;
            float[] start = TinyBert.get(before, Part.VALUE.of(name));
            float[] value = TinyBert.get(after, Part.VALUE.of(name));
            float[] moment = TinyBert.get(after, Part.FIRST_MOMENT.of(name));
            for (int i = 0; i < value.length; i++) {
                assertThat(value[i]).isFinite();
                if (Math.abs(moment[i]) > 1e-6) {
                    moved++;
                    assertThat((double) (value[i] - start[i]))
                            .describedAs(name)
                            .isCloseTo(-rate * Math.signum(moment[i]), within(0.01 * rate));
                }
            }
        }
        assertThat(moved).isGreaterThan(5000);
    }

    @Test
    void weightsDecayApartFromTheGradient() {
        StepSettings s = TinyBert.settings(network);
        StepSettings decaying = TinyBert.settings(network, 10, 1e9);
        Map<String, float[]> start = TinyBert.values(training.snapshot());
        training.step(s);
        Map<String, float[]> plain = TinyBert.values(training.snapshot());
        try (Training other = Training.fresh(network)) {
            other.step(decaying);
            Map<String, float[]> decayed = TinyBert.values(other.snapshot());
            for (String name : other.names()) {
                double shrink = 10 * (name.equals(TinyBert.HEAD) ? TinyBert.HEAD_RATE : TinyBert.ENCODER_RATE);
                float[] from = TinyBert.get(start, Part.VALUE.of(name));
                float[] without = TinyBert.get(plain, Part.VALUE.of(name));
                float[] with = TinyBert.get(decayed, Part.VALUE.of(name));
                for (int i = 0; i < from.length; i++) {
                    assertThat((double) with[i])
                            .describedAs(name)
                            .isCloseTo(without[i] - shrink * from[i], within(1e-6));
                }
            }
        }
    }

    @Test
    void lossFallsAsTheBatchIsLearned() {
        float first = training.step(TinyBert.settings(network)).loss();

        training.steps(20);

        assertThat(training.step(TinyBert.settings(network)).loss()).isLessThan(first / 2);
    }

    @Test
    void aStepOnAnyThreadIsTheSameStep() throws Exception {
        training.steps(3);
        List<Tensor> expected = training.snapshot();

        assertThat(threeStepsOnANewThread(() -> {})).isEqualTo(expected);
        assertThat(threeStepsOnANewThread(() -> JniUtils.setGradMode(false))).isEqualTo(expected);
        assertThat(threeStepsOnANewThread(() -> JniUtils.setGraphExecutorOptimize(true)))
                .isEqualTo(expected);
    }

    private List<Tensor> threeStepsOnANewThread(Runnable before) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Training other = Training.fresh(network)) {
            return thread.submit(() -> {
                        before.run();
                        return other.steps(3).snapshot();
                    })
                    .get();
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void predictionsThatBecameRowsAreTrained() {
        float[] rows;
        try (NDManager scope = network.manager().newSubManager()) {
            Network.Answer answer = network.predict(
                    scope, training.encoder.averages(), TinyBert.SHAPE, training.head.averages(), TinyBert.batch());
            rows = answer.features().get("0:2").toFloatArray();
        }
        int hidden = TinyBert.CONFIG.hidden();
        training.step(TinyBert.settings(network));
        training.head.appendRows(List.of(TinyBert.tensor(TinyBert.HEAD, rows, 2, hidden)));

        training.step(TinyBert.settings(network), Targets.of(new long[] {3, 4, 2, 0, 1, 2, 3}, TinyBert.weights()));

        float[] head = TinyBert.get(TinyBert.values(training.head.snapshot()), Part.VALUE.of(TinyBert.HEAD));
        assertThat(head).hasSize(5 * hidden);
        for (int i = 0; i < rows.length; i++) {
            assertThat(head[TinyBert.LABELS * hidden + i]).isNotEqualTo(rows[i]).isCloseTo(rows[i], within(0.05f));
        }
    }

    @Test
    void whatIsTaughtMustBeTaughtOfEachText() {
        assertThatThrownBy(() -> Targets.of(TinyBert.labels(), new float[] {1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("7 labels, 1 weights");
        Targets one = Targets.of(new long[] {1}, new float[] {1});
        assertThatThrownBy(() -> training.step(TinyBert.settings(network), one))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("7 texts")
                .hasMessageContaining("has 1");
    }

    @Test
    void aStepWithoutAFiniteLossLeavesEveryPartOfEveryTensorAsItWas() {
        training.steps(2);
        List<Tensor> before = training.snapshot();
        for (float poison : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            float[] weights = TinyBert.weights();
            weights[3] = poison;
            try (NDManager scope = network.manager().newSubManager()) {
                StepResult result = network.step(
                        scope,
                        training.encoder,
                        0,
                        TinyBert.SHAPE,
                        training.head,
                        TinyBert.settings(network),
                        TinyBert.batch(),
                        Targets.of(TinyBert.labels(), weights));
                assertThat(result.loss()).isNaN();
                assertThat(result.logits().toFloatArray()).doesNotContain(Float.NaN);
            }
            assertThat(training.snapshot()).isEqualTo(before);
        }

        try (Training undisturbed = Training.restored(network, before)) {
            assertThat(training.steps(1).snapshot())
                    .isEqualTo(undisturbed.steps(1).snapshot());
        }
    }

    @Test
    void nativeArraysDoNotPileUp() {
        cycle(50);
        int owned = arrays();

        cycle(200);

        assertThat(arrays()).isEqualTo(owned);
    }

    private void cycle(int steps) {
        for (int i = 0; i < steps; i++) {
            training.step(TinyBert.settings(network));
            training.embed();
            try (NDManager scope = network.manager().newSubManager()) {
                Network.Answer answer = network.predict(
                        scope, training.encoder.averages(), TinyBert.SHAPE, training.head.averages(), TinyBert.batch());
                assertThat(answer.logits().getShape().get(0)).isEqualTo(7);
            }
            if (i % 50 == 0) {
                training.snapshot();
                training.head.appendRows(List.of(TinyBert.head()));
            }
        }
    }

    private int arrays() {
        return network.manager().getManagedArrays().size()
                + training.encoder
                        .averages()
                        .get(0)
                        .getManager()
                        .getManagedArrays()
                        .size()
                + training.head
                        .averages()
                        .get(0)
                        .getManager()
                        .getManagedArrays()
                        .size();
    }
}
