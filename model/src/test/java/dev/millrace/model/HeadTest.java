package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.millrace.model.Head.Activation;
import dev.millrace.model.Head.Last;
import dev.millrace.model.ParameterGroup.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every head computes what it says, learns right, and grows by labels without a change of what was there. */
class HeadTest {

    private static final int HIDDEN = TinyBert.CONFIG.hidden();

    private Network network;

    @BeforeEach
    void load() {
        network = Network.load(TinyBert.model(), TinyBert.CPU, 1);
    }

    @AfterEach
    void close() {
        network.close();
    }

    static Stream<Head> heads() {
        return Stream.of(
                Head.cosine(16),
                Head.linear(8),
                new Head(Last.LINEAR, 8, List.of(24), Activation.RELU, false),
                new Head(Last.LINEAR, 8, List.of(24, 16), Activation.GELU, true),
                new Head(Last.COSINE, 12, List.of(24), Activation.TANH, false),
                new Head(Last.COSINE, 12, List.of(40, 24), Activation.GELU, true),
                Head.bert(8));
    }

    static Stream<Head> headsOnEmbeddings() {
        return heads().filter(head -> head.last() != Last.BERT);
    }

    /** With random rows and biases for a number of labels. */
    static List<Tensor> tensors(Head head, int labels) {
        List<Tensor> tensors = new ArrayList<>(rows(head, labels, 7));
        tensors.addAll(head.freshHiddenLayers(HIDDEN, 3));
        return tensors;
    }

    private static List<Tensor> rows(Head head, int labels, long seed) {
        Random random = new Random(seed);
        int width = head.width(HIDDEN);
        List<Tensor> rows = new ArrayList<>();
        rows.add(TinyBert.tensor(Head.ROWS, gaussian(random, labels * width), labels, width));
        if (head.last() != Last.COSINE) {
            rows.add(TinyBert.tensor(Head.BIAS, gaussian(random, labels), labels));
        }
        return rows;
    }

    private static float[] gaussian(Random random, int elements) {
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = (float) (0.3 * random.nextGaussian());
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("headsOnEmbeddings")
    void logitsAreWhatItsLayersMakeOfTheEmbedding(Head head) {
        List<Tensor> tensors = tensors(head, 5);
        try (Training training = Training.fresh(network, head, tensors)) {
            float[] embeddings = training.embed();
            float[] logits = training.logits();

            for (int text = 0; text < 7; text++) {
                double[] expected = inJava(
                        head,
                        TinyBert.values(tensors),
                        Arrays.copyOfRange(embeddings, text * HIDDEN, (text + 1) * HIDDEN));
                for (int label = 0; label < 5; label++) {
                    assertThat((double) logits[text * 5 + label]).isCloseTo(expected[label], within(1e-4));
                }
            }
        }
    }

    private static double[] inJava(Head head, Map<String, float[]> tensors, float[] embedding) {
        double[] x = new double[embedding.length];
        boolean plain = head.equals(Head.cosine(16));
        for (int i = 0; i < x.length; i++) {
            x[i] = embedding[i] * (plain ? 1 : Math.sqrt(embedding.length));
        }
        DoubleUnaryOperator activation = switch (head.activation()) {
            case RELU -> value -> Math.max(0, value);
            case TANH -> Math::tanh;
            case GELU -> value -> value * normalShare(value);
        };
        for (int layer = 0; layer < head.hiddenLayers().size(); layer++) {
            String name = "head.hidden." + layer;
            x = product(TinyBert.get(tensors, name + ".weight"), x);
            for (int i = 0; i < x.length; i++) {
                x[i] += TinyBert.get(tensors, name + ".bias")[i];
            }
            if (head.layerNorm()) {
                double mean = Arrays.stream(x).average().orElseThrow();
                double variance = Arrays.stream(x)
                        .map(e -> (e - mean) * (e - mean))
                        .average()
                        .orElseThrow();
                x = Arrays.stream(x)
                        .map(e -> (e - mean) / Math.sqrt(variance + 1e-5))
                        .toArray();
            }
            x = Arrays.stream(x).map(activation).toArray();
        }
        float[] rows = TinyBert.get(tensors, Head.ROWS);
        double[] logits = product(rows, x);
        for (int label = 0; label < logits.length; label++) {
            if (head.last() == Last.LINEAR) {
                logits[label] += TinyBert.get(tensors, Head.BIAS)[label];
            } else {
                double[] row = new double[x.length];
                for (int i = 0; i < row.length; i++) {
                    row[i] = rows[label * row.length + i];
                }
                logits[label] *= head.scale() / norm(x) / norm(row);
            }
        }
        return logits;
    }

    private static double[] product(float[] matrix, double[] x) {
        double[] result = new double[matrix.length / x.length];
        for (int i = 0; i < matrix.length; i++) {
            result[i / x.length] += matrix[i] * x[i % x.length];
        }
        return result;
    }

    private static double norm(double[] x) {
        return Math.sqrt(Arrays.stream(x).map(e -> e * e).sum());
    }

    /** The standard normal distribution, by its series. */
    private static double normalShare(double value) {
        double term = value;
        double sum = value;
        for (int i = 1; i < 100; i++) {
            term *= value * value / (2 * i + 1);
            sum += term;
        }
        return 0.5 + sum * Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
    }

    @ParameterizedTest
    @MethodSource("heads")
    void gradientsAgreeWithCentralDifferences(Head head) {
        new Gradients(network, head, tensors(head, 3), TinyBert.settings(network), TinyBert.targets())
                .agreeWithCentralDifferences();
    }

    @ParameterizedTest
    @MethodSource("heads")
    void learnsAndGoesOnFromASnapshot(Head head) {
        try (Training training = Training.fresh(network, head, tensors(head, 3))) {
            float first = training.step(TinyBert.settings(network)).loss();
            List<Tensor> half = training.steps(15).snapshot();
            float last = training.steps(15).step(TinyBert.settings(network)).loss();

            assertThat(last).isLessThan(first / 2);
            try (Training resumed = Training.restored(network, head, half)) {
                assertThat(resumed.steps(15).step(TinyBert.settings(network)).loss())
                        .isEqualTo(last);
                assertThat(resumed.snapshot()).isEqualTo(training.snapshot());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("heads")
    void aNewLabelMovesNoLogitOfTheOldOnesByABit(Head head) {
        for (int labels : new int[] {1, 2, 3, 7, 15, 16, 31, 63, 64, 77, 128}) {
            try (Training training = Training.fresh(network, head, tensors(head, labels))) {
                float[] before = training.logits();

                training.head.appendRows(rows(head, 1, 9));

                float[] after = training.logits();
                for (int text = 0; text < 7; text++) {
                    assertThat(Arrays.copyOfRange(after, text * (labels + 1), text * (labels + 1) + labels))
                            .describedAs(labels + " labels")
                            .containsExactly(Arrays.copyOfRange(before, text * labels, (text + 1) * labels));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("heads")
    void aNewLabelKeepsTheMomentsOfTheOthersAndHasNone(Head head) {
        try (Training training = Training.fresh(network, head, tensors(head, 3)).steps(3)) {
            Map<String, float[]> before = TinyBert.values(training.head.snapshot());
            List<Tensor> added = rows(head, 2, 9);

            training.head.appendRows(added);

            Map<String, float[]> after = TinyBert.values(training.head.snapshot());
            before.forEach((name, old) -> {
                float[] now = TinyBert.get(after, name);
                assertThat(Arrays.copyOf(now, old.length)).describedAs(name).containsExactly(old);
                float[] end = Arrays.copyOfRange(now, old.length, now.length);
                added.forEach(rows -> {
                    if (name.equals(Part.VALUE.of(rows.name())) || name.equals(Part.AVERAGE.of(rows.name()))) {
                        assertThat(end).containsExactly(TinyBert.floats(rows));
                    }
                    if (name.equals(Part.FIRST_MOMENT.of(rows.name()))
                            || name.equals(Part.SECOND_MOMENT.of(rows.name()))) {
                        assertThat(end).containsOnly(0).hasSameSizeAs(TinyBert.floats(rows));
                    }
                });
                boolean last = name.endsWith("/" + Head.ROWS) || name.endsWith("/" + Head.BIAS);
                boolean grows = last && !name.startsWith(Part.UPDATES.of("")) && !name.startsWith(Part.GRADIENT.of(""));
                assertThat(end.length > 0).describedAs(name).isEqualTo(grows);
            });
            assertThat(training.step(TinyBert.settings(network)).loss()).isFinite();
        }
    }

    @ParameterizedTest
    @MethodSource("heads")
    void anImprintedRowPointsWhereItsExampleLies(Head head) {
        List<Tensor> hidden = head.freshHiddenLayers(HIDDEN, 3);
        try (Training training = Training.fresh(network);
                NDManager scope = network.manager().newSubManager()) {
            float[] features = network.features(scope, training.encoder.averages(), 0, head, hidden, TinyBert.batch())
                    .toFloatArray();
            int width = head.width(HIDDEN);
            assertThat(features).hasSize(7 * width);
            float[] direction = Arrays.copyOf(features, width);
            double length = norm(
                    IntStream.range(0, width).mapToDouble(i -> direction[i]).toArray());
            for (int i = 0; i < width; i++) {
                direction[i] /= (float) length;
            }
            List<Tensor> rows = new ArrayList<>(head.newRows(TinyBert.tensor("any", direction, 1, width), features));
            rows.addAll(hidden);
            try (Training imprinted = Training.fresh(network, head, rows)) {
                float[] logits = imprinted.logits();
                assertThat((double) logits[0]).isCloseTo(head.scale(), within(0.3 * head.scale()));
                if (head.last() == Last.COSINE || head.equals(Head.linear(8))) {
                    assertThat((double) logits[0]).isCloseTo(head.scale(), within(1e-4));
                }
            }
        }
    }

    @Test
    void freshHiddenLayersComeFromTheSeed() {
        Head head = new Head(Last.LINEAR, 8, List.of(24, 16), Activation.GELU, true);
        assertThat(head.freshHiddenLayers(HIDDEN, 1)).isEqualTo(head.freshHiddenLayers(HIDDEN, 1));
        assertThat(head.freshHiddenLayers(HIDDEN, 1)).isNotEqualTo(head.freshHiddenLayers(HIDDEN, 2));
        assertThat(head.freshHiddenLayers(HIDDEN, 1))
                .extracting(Tensor::toString)
                .containsExactly(
                        "head.hidden.0.weight: F32[24, 32]",
                        "head.hidden.0.bias: F32[24]",
                        "head.hidden.0.norm.weight: F32[24]",
                        "head.hidden.0.norm.bias: F32[24]",
                        "head.hidden.1.weight: F32[16, 24]",
                        "head.hidden.1.bias: F32[16]",
                        "head.hidden.1.norm.weight: F32[16]",
                        "head.hidden.1.norm.bias: F32[16]");
        float[] matrix = TinyBert.floats(head.freshHiddenLayers(HIDDEN, 1).get(0));
        double bound = Math.sqrt(6.0 / (24 + 32));
        double squares = 0;
        for (float element : matrix) {
            assertThat((double) element).isBetween(-bound, bound);
            squares += (double) element * element;
        }
        assertThat(squares / matrix.length).isCloseTo(bound * bound / 3, within(0.1 * bound * bound / 3));
        assertThat(Head.cosine(16).freshHiddenLayers(HIDDEN, 1)).isEmpty();
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> Head.cosine(0)).hasMessageContaining("headScale must be a number > 0, but is 0.0");
        assertThatThrownBy(() -> new Head(Last.LINEAR, 8, List.of(24, 0), Activation.RELU, false))
                .hasMessageContaining("each hidden layer must have a width >= 1, but they are [24, 0]");
    }
}
