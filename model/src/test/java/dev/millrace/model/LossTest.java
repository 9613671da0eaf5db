package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.StepSettings.Dropout;
import dev.millrace.model.StepSettings.Loss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each term of the loss is what its paper says, and so is its gradient. */
class LossTest {

    private static final int TEXTS = 7;
    private static final int LABELS = TinyBert.LABELS;
    private static final long[] Y = {0, 1, 2, 0, 1, 0, 0};
    private static final float[] Q = TinyBert.weights();

    /** The fresh ones are of the labels 0 and 1 only. */
    private static final boolean[] FRESH = {true, true, false, true, false, true, false};

    private static final Targets TARGETS =
            Targets.of(Y, Q).withFresh(FRESH).withKnownLogits(known(new float[] {3, -2, 1}));

    private Network network;

    @BeforeEach
    void load() {
        network = Network.load(TinyBert.model(), TinyBert.CPU, 1);
    }

    @AfterEach
    void close() {
        network.close();
    }

    /** The first text answered nothing, the second before there was a third label, the fourth has a gap. */
    private static List<float[]> known(float[] logits) {
        List<float[]> known = new ArrayList<>();
        for (int i = 0; i < TEXTS; i++) {
            known.add(logits.clone());
        }
        known.set(0, new float[0]);
        known.set(1, new float[] {logits[0], logits[1]});
        known.set(3, new float[] {logits[0], Float.NaN, logits[2]});
        return known;
    }

    private StepSettings with(Loss loss) {
        return new StepSettings(loss, Dropout.NONE, TinyBert.settings(network).update());
    }

    private record Found(double loss, List<float[]> logits, List<Tensor> after) {}

    private Found step(Loss loss, Targets targets) {
        try (Training training = Training.fresh(network);
                NDManager scope = network.manager().newSubManager()) {
            StepResult result = network.step(
                    scope, training.encoder, 0, training.shape, training.head, with(loss), TinyBert.batch(), targets);
            float[] flat = result.logits().toFloatArray();
            List<float[]> logits = IntStream.range(0, TEXTS)
                    .mapToObj(text -> Arrays.copyOfRange(flat, text * LABELS, (text + 1) * LABELS))
                    .toList();
            return new Found(result.loss(), logits, training.snapshot());
        }
    }

    @Test
    void whatIsNotAskedForChangesNoBit() {
        assertThat(step(Loss.crossEntropy(0.1), TARGETS).after())
                .isEqualTo(step(Loss.crossEntropy(0.1), Targets.of(Y, Q)).after());
    }

    @ParameterizedTest
    @CsvSource({"0, false", "0.2, false", "0, true", "0.2, true"})
    void crossEntropyIsAmongTheLabelsThatCompete(double smoothing, boolean asymmetric) {
        Found found = step(new Loss(smoothing, asymmetric, 0, 0), TARGETS);

        double[] each = new double[TEXTS];
        for (int text = 0; text < TEXTS; text++) {
            float[] logits = found.logits().get(text);
            int compared = asymmetric && FRESH[text] ? 2 : 3;
            double all = Math.log(IntStream.range(0, compared)
                    .mapToDouble(j -> Math.exp(logits[j]))
                    .sum());
            double mean = IntStream.range(0, compared)
                    .mapToDouble(j -> all - logits[j])
                    .average()
                    .orElseThrow();
            each[text] = (1 - smoothing) * (all - logits[(int) Y[text]]) + smoothing * mean;
        }
        assertThat(found.loss()).isCloseTo(mean(each, Q), within(1e-4));
    }

    @Test
    void freshExamplesDoNotPushLabelsAwayThatNoneOfThemHas() {
        boolean[] all = new boolean[TEXTS];
        Arrays.fill(all, true);
        long[] two = {0, 1, 1, 0, 1, 0, 0};
        Gradients gradients = new Gradients(
                network,
                TinyBert.SHAPE,
                List.of(TinyBert.head()),
                with(new Loss(0.1, true, 0, 0)),
                Targets.of(two, Q).withFresh(all));

        float[] rows = TinyBert.get(gradients.atTheStart(), TinyBert.HEAD);

        int hidden = TinyBert.CONFIG.hidden();
        assertThat(Arrays.copyOfRange(rows, 2 * hidden, 3 * hidden)).containsOnly(0);
        assertThat(Arrays.copyOfRange(rows, hidden, 2 * hidden)).doesNotContain(0);
    }

    @Test
    void distillationIsTheSquaredDistanceFromWhatIsKnown() {
        double plain = step(Loss.crossEntropy(0.1), TARGETS).loss();
        Found found = step(new Loss(0.1, false, 0.5, 0), TARGETS);

        double[] each = new double[TEXTS];
        float[] counted = Q.clone();
        counted[0] = 0;
        double[] known = {3, -2, 1};
        for (int text = 1; text < TEXTS; text++) {
            int of = text;
            each[text] = IntStream.range(0, LABELS)
                    .filter(j -> !(of == 1 && j == 2) && !(of == 3 && j == 1))
                    .mapToDouble(j -> Math.pow(found.logits().get(of)[j] - known[j], 2))
                    .average()
                    .orElseThrow();
        }
        assertThat(found.loss() - plain).isCloseTo(0.5 * mean(each, counted), within(1e-3));
    }

    @Test
    void whatIsKnownAndStillAnsweredCostsNothing() {
        Found plain = step(Loss.crossEntropy(0.1), TARGETS);
        Loss loss = new Loss(0.1, false, 5, 0);

        assertThat(step(loss, Targets.of(Y, Q).withKnownLogits(plain.logits())).loss())
                .isEqualTo(plain.loss());
        assertThat(step(loss, Targets.of(Y, Q)).loss()).isEqualTo(plain.loss());
    }

    @Test
    void contrastIsTheSupervisedContrastiveLossOfTheEmbeddings() {
        double plain = step(Loss.crossEntropy(0.1), TARGETS).loss();
        double loss = step(new Loss(0.1, false, 0, 0.3), TARGETS).loss();

        float[] embeddings;
        try (Training training = Training.fresh(network)) {
            embeddings = training.embed();
        }
        int hidden = TinyBert.CONFIG.hidden();
        double[] each = new double[TEXTS];
        float[] counted = Q.clone();
        for (int anchor = 0; anchor < TEXTS; anchor++) {
            int of = anchor;
            double all = Math.log(IntStream.range(0, TEXTS)
                    .filter(i -> i != of)
                    .mapToDouble(i -> Math.exp(similarity(embeddings, hidden, of, i)))
                    .sum());
            each[anchor] = IntStream.range(0, TEXTS)
                    .filter(i -> i != of && Y[i] == Y[of])
                    .mapToDouble(i -> all - similarity(embeddings, hidden, of, i))
                    .average()
                    .orElse(0);
            if (Y[anchor] == 2) {
                counted[anchor] = 0;
            }
        }
        assertThat(loss - plain).isCloseTo(0.3 * mean(each, counted), within(1e-3));
    }

    private static double similarity(float[] embeddings, int hidden, int one, int other) {
        return IntStream.range(0, hidden)
                        .mapToDouble(i -> (double) embeddings[one * hidden + i] * embeddings[other * hidden + i])
                        .sum()
                / 0.1;
    }

    private static double mean(double[] each, float[] weights) {
        double sum = 0;
        double of = 0;
        for (int i = 0; i < each.length; i++) {
            sum += each[i] * weights[i];
            of += weights[i];
        }
        return sum / of;
    }

    @ParameterizedTest
    @CsvSource({"0.1, true, 0, 0", "0, false, 0.5, 0", "0, false, 0, 1", "0.1, true, 0.3, 0.5"})
    void gradientsAgreeWithCentralDifferences(
            double smoothing, boolean asymmetric, double distillation, double contrast) {
        Loss loss = new Loss(smoothing, asymmetric, distillation, contrast);

        new Gradients(network, TinyBert.SHAPE, List.of(TinyBert.head()), with(loss), TARGETS)
                .agreeWithCentralDifferences();
    }

    @Test
    void eachTermHasItsOwnGradient() {
        List<Map<String, float[]>> all = new ArrayList<>();
        for (Loss loss : List.of(
                Loss.crossEntropy(0.1),
                new Loss(0.1, true, 0, 0),
                new Loss(0.1, false, 1, 0),
                new Loss(0.1, false, 0, 1))) {
            all.add(new Gradients(network, TinyBert.SHAPE, List.of(TinyBert.head()), with(loss), TARGETS).atTheStart());
        }
        assertThat(all.stream()
                        .map(gradients ->
                                Arrays.toString(TinyBert.get(gradients, "encoder.layer.1.output.dense.weight")))
                        .distinct())
                .hasSize(4);
    }

    @Test
    void whatALossNeedsMustBeTold() {
        Targets plain = Targets.of(Y, Q);
        assertThatThrownBy(() -> step(new Loss(0, true, 0, 0), plain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("which texts are fresh");
        assertThatThrownBy(() -> step(new Loss(0, false, 1, 0), plain.withKnownLogits(known(new float[4]))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 labels, but known logits of 4");
        assertThatThrownBy(() -> plain.withFresh(new boolean[6])).hasMessageContaining("6 marks of the fresh");
        assertThatThrownBy(() -> plain.withKnownLogits(List.of(new float[3]))).hasMessageContaining("1 known logits");
        assertThatThrownBy(() -> new Loss(1, false, 0, 0)).hasMessageContaining("labelSmoothing must be in [0, 1)");
        assertThatThrownBy(() -> new Loss(0, false, -1, 0)).hasMessageContaining("distillation must be a number >= 0");
        assertThatThrownBy(() -> new Loss(0, false, 0, Double.NaN)).hasMessageContaining("contrast must be");
    }
}
