package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamingLdaTest {

    private static final int DIMENSION = 8;

    @Test
    void knowsNothingAtFirst() {
        assertThat(new StreamingLda(2, 0.1).predict(new float[] {1, 0})).isEqualTo(-1);
        assertThat(new AutoShrinkageLda(2).predict(new float[] {1, 0})).isEqualTo(-1);
    }

    @Test
    void fullShrinkageIsTheNearestMean() {
        StreamingLda learner = new StreamingLda(2, 1, 1);
        for (float spread : new float[] {-0.5f, 0.5f}) {
            learner.learn(new float[] {1, spread}, 0);
            learner.learn(new float[] {-1, spread}, 1);
        }
        // The means are (m, 0) and (-m, 0).
        assertThat(learner.predict(new float[] {0.1f, 9})).isEqualTo(0);
        assertThat(learner.predict(new float[] {-0.1f, 9})).isEqualTo(1);
    }

    @Test
    void looksAlongTheDirectionThatVariesLittle() {
        // Both labels vary along the second axis by more than their means are apart along it; the third tells them
        // apart.
        StreamingLda learner = new StreamingLda(3, 0.01, 1);
        float[] offsets = {-0.3f, -0.1f, 0.1f, 0.3f};
        for (int i = 0; i < offsets.length; i++) {
            float wobble = i % 2 == 0 ? 0.002f : -0.002f;
            learner.learn(new float[] {1, offsets[i] + 0.1f, 0.03f + wobble}, 0);
            learner.learn(new float[] {1, offsets[i] - 0.1f, -0.03f + wobble}, 1);
        }
        float[] likeOneButOnTheSideOfTheOther = {1, 0.1f, -0.03f};

        StreamingLda nearestMean = new StreamingLda(3, 1, 1);
        for (float offset : offsets) {
            nearestMean.learn(new float[] {1, offset + 0.1f, 0.03f}, 0);
            nearestMean.learn(new float[] {1, offset - 0.1f, -0.03f}, 1);
        }
        assertThat(learner.predict(likeOneButOnTheSideOfTheOther)).isEqualTo(1);
        assertThat(nearestMean.predict(likeOneButOnTheSideOfTheOther)).isEqualTo(0);
    }

    @Test
    void statisticsOneByOneAreThoseOfAllAtOnce() {
        List<EmbeddedExample> examples = EmbeddedExample.stream(7, 500, DIMENSION, 5);
        LdaStatistics statistics = new LdaStatistics(DIMENSION);
        examples.forEach(example -> statistics.learn(example.embedding(), example.label()));

        double[][] means = means(examples);
        double[][] covariance = covariance(examples, means);
        assertThat(statistics.size()).isEqualTo(500);
        double trace = 0;
        for (int i = 0; i < DIMENSION; i++) {
            for (int label = 0; label < 5; label++) {
                assertThat(statistics.mean(label, i)).isCloseTo(means[label][i], within(1e-12));
            }
            for (int j = 0; j < DIMENSION; j++) {
                assertThat(statistics.covariance(i, j)).isCloseTo(covariance[i][j], within(1e-12));
            }
            trace += covariance[i][i];
        }
        assertThat(statistics.meanVariance()).isCloseTo(trace / DIMENSION, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.02, 0.3, 1})
    void answersAsTheFormulaOverAllExamplesDoes(double shrinkage) {
        List<EmbeddedExample> examples = EmbeddedExample.stream(11, 400, DIMENSION, 5);
        StreamingLda learner = new StreamingLda(DIMENSION, shrinkage, 1);
        examples.forEach(example -> learner.learn(example.embedding(), example.label()));
        List<EmbeddedExample> unit =
                examples.stream().map(EmbeddedExample::normalised).toList();
        double[][] means = means(unit);
        DMatrixRMaj precision = precision(covariance(unit, means), shrinkage);

        for (EmbeddedExample example : EmbeddedExample.stream(12, 300, DIMENSION, 5)) {
            double[] scores = new double[5];
            for (int label = 0; label < 5; label++) {
                scores[label] =
                        score(precision, means[label], example.normalised().embedding());
            }
            int best = IntStream.range(0, 5)
                    .reduce((a, b) -> scores[b] > scores[a] ? b : a)
                    .orElseThrow();
            assertThat(learner.predict(example.embedding())).isEqualTo(best);
        }
    }

    @Test
    void learnsALabelThatComesLaterAndNeverAnswersOneThatDidNotCome() {
        StreamingLda learner = new StreamingLda(2, 0.3, 1);
        learner.learn(new float[] {1, 0}, 4);
        assertThat(learner.predict(new float[] {-1, 0})).isEqualTo(4);
        learner.learn(new float[] {-1, 0}, 9);
        assertThat(learner.predict(new float[] {-1, 0.1f})).isEqualTo(9);
        assertThat(learner.predict(new float[] {1, 0.1f})).isEqualTo(4);
    }

    @Test
    void refreshesAfterSoManyExamplesAndEarlyWhenTheyDouble() {
        StreamingLda learner = new StreamingLda(2, 1, 4);
        StringBuilder refreshed = new StringBuilder();
        // Each example has a label of its own, at its own angle: known once the classifier has been computed with it.
        for (int label = 0; label < 16; label++) {
            double angle = 2 * Math.PI * label / 16;
            float[] embedding = {(float) Math.cos(angle), (float) Math.sin(angle)};
            learner.learn(embedding, label);
            refreshed.append(learner.predict(embedding) == label ? '+' : '.');
        }
        assertThat(refreshed).hasToString("++.+...+...+...+");
    }

    @Test
    void whoPredictsInBetweenChangesNothing() {
        List<EmbeddedExample> examples = EmbeddedExample.stream(3, 300, DIMENSION, 5);
        List<EmbeddedExample> probes = EmbeddedExample.stream(4, 200, DIMENSION, 5);
        FrozenLearner asked = new AutoShrinkageLda(DIMENSION);
        FrozenLearner silent = new AutoShrinkageLda(DIMENSION);
        for (EmbeddedExample example : examples) {
            asked.predict(example.embedding());
            asked.learn(example.embedding(), example.label());
            asked.predict(example.embedding());
            silent.learn(example.embedding(), example.label());
        }
        assertThat(probes)
                .allSatisfy(probe ->
                        assertThat(asked.predict(probe.embedding())).isEqualTo(silent.predict(probe.embedding())));
    }

    @Test
    void theShrinkageThatWasRightMostOftenAnswers() {
        // Few examples of many dimensions want much shrinkage; many examples of few dimensions want little.
        AutoShrinkageLda few = new AutoShrinkageLda(60);
        EmbeddedExample.stream(5, 150, 60, 3).forEach(example -> few.learn(example.embedding(), example.label()));
        assertThat(few.shrinkage()).isEqualTo(0.3);

        AutoShrinkageLda many = new AutoShrinkageLda(DIMENSION);
        StreamingLda alone = new StreamingLda(DIMENSION, 0.02);
        EmbeddedExample.stream(6, 4000, DIMENSION, 5).forEach(example -> {
            many.learn(example.embedding(), example.label());
            alone.learn(example.embedding(), example.label());
        });
        assertThat(many.shrinkage()).isEqualTo(0.02);
        assertThat(EmbeddedExample.stream(8, 200, DIMENSION, 5))
                .allSatisfy(probe ->
                        assertThat(many.predict(probe.embedding())).isEqualTo(alone.predict(probe.embedding())));
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> new StreamingLda(8, 0)).hasMessage("shrinkage must be > 0 and <= 1, but is 0.0");
        assertThatThrownBy(() -> new StreamingLda(8, Double.NaN)).hasMessageContaining("but is NaN");
        assertThatThrownBy(() -> new StreamingLda(0, 0.1)).hasMessage("dimension must be >= 1, but is 0");
        assertThatThrownBy(() -> new StreamingLda(8, 0.1, 0)).hasMessage("refresh must be >= 1, but is 0");
        assertThatThrownBy(() -> new AutoShrinkageLda(8, List.of(), 1)).hasMessage("shrinkages must not be empty");
        assertThatThrownBy(() -> new AutoShrinkageLda(8, List.of(0.3, 0.1), 1)).hasMessageContaining("must ascend");
        assertThatThrownBy(() -> new StreamingLda(8, 0.1).learn(new float[7], 0))
                .hasMessage("embedding must have 8 dimensions, but has 7");
        assertThatThrownBy(() -> new StreamingLda(8, 0.1).learn(new float[8], -2))
                .hasMessage("label must be >= 0, but is -2");
    }

    private static double[][] means(List<EmbeddedExample> examples) {
        double[][] means = new double[5][DIMENSION];
        for (int label = 0; label < means.length; label++) {
            for (int i = 0; i < DIMENSION; i++) {
                int dimension = i;
                int wanted = label;
                means[label][i] = examples.stream()
                        .filter(example -> example.label() == wanted)
                        .mapToDouble(example -> example.embedding()[dimension])
                        .average()
                        .orElseThrow();
            }
        }
        return means;
    }

    private static double[][] covariance(List<EmbeddedExample> examples, double[][] means) {
        double[][] covariance = new double[DIMENSION][DIMENSION];
        for (EmbeddedExample example : examples) {
            for (int i = 0; i < DIMENSION; i++) {
                for (int j = 0; j < DIMENSION; j++) {
                    covariance[i][j] += (example.embedding()[i] - means[example.label()][i])
                            * (example.embedding()[j] - means[example.label()][j])
                            / examples.size();
                }
            }
        }
        return covariance;
    }

    private static DMatrixRMaj precision(double[][] covariance, double shrinkage) {
        DMatrixRMaj matrix = new DMatrixRMaj(covariance);
        double variance = CommonOps_DDRM.trace(matrix) / DIMENSION;
        CommonOps_DDRM.scale(1 - shrinkage, matrix);
        for (int i = 0; i < DIMENSION; i++) {
            matrix.add(i, i, shrinkage * variance);
        }
        assertThat(CommonOps_DDRM.invert(matrix)).isTrue();
        return matrix;
    }

    private static double score(DMatrixRMaj precision, double[] mean, float[] embedding) {
        double score = 0;
        for (int i = 0; i < DIMENSION; i++) {
            for (int j = 0; j < DIMENSION; j++) {
                score += mean[i] * precision.get(i, j) * (embedding[j] - mean[j] / 2);
            }
        }
        return score;
    }
}
