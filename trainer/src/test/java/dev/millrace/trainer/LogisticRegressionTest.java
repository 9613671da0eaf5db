package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LogisticRegressionTest {

    private static final int DIMENSION = 8;

    @Test
    void knowsNothingAtFirstAndAnswersOnlyLabelsThatCame() {
        LogisticRegression learner = new LogisticRegression(2);
        assertThat(learner.predict(new float[] {1, 0})).isEqualTo(-1);

        learner.learn(new float[] {1, 0}, 3);
        assertThat(learner.predict(new float[] {-1, 0})).isEqualTo(3);
        for (int i = 0; i < 5; i++) {
            learner.learn(new float[] {-1, 0}, 5);
            learner.learn(new float[] {1, 0}, 3);
        }
        assertThat(learner.predict(new float[] {-1, 0.1f})).isEqualTo(5);
        assertThat(learner.predict(new float[] {1, 0.1f})).isEqualTo(3);
    }

    @Test
    void aStepOfAdaGradMovesEachWeightByTheRateAtFirst() {
        // One weight and a bias a label. After the first of two labels nothing moves: its softmax is 1. The second
        // moves
        // every weight by the rate, whatever the gradient, so that the logits are 2 · 0.1 and −2 · 0.1 at x = 1.
        LogisticRegression learner = new LogisticRegression(1, 0.1);
        learner.learn(new float[] {1}, 0);
        learner.learn(new float[] {1}, 1);
        assertThat(learner.predict(new float[] {1})).isEqualTo(1);
        // At x = −1 weight and bias cancel, and the label that came first answers.
        assertThat(learner.predict(new float[] {-1})).isEqualTo(0);

        // The second step has an error of 1 / (1 + exp(−0.4)) ≈ 0.599 against 0.5 at the first, and moves by
        // 0.1 · 0.599 / √(0.25 + 0.358) ≈ 0.077 < 0.1: label 1 still leads where both stand together.
        learner.learn(new float[] {1}, 0);
        assertThat(learner.predict(new float[] {1})).isEqualTo(1);
        learner.learn(new float[] {1}, 0);
        assertThat(learner.predict(new float[] {1})).isEqualTo(0);
    }

    @Test
    void tellsLabelsApartThatLieAroundTheirMeans() {
        LogisticRegression learner = new LogisticRegression(DIMENSION);
        EmbeddedExample.stream(1, 2000, DIMENSION, 5)
                .forEach(example -> learner.learn(example.embedding(), example.label()));

        List<EmbeddedExample> unseen = EmbeddedExample.stream(2, 500, DIMENSION, 5);
        long right = unseen.stream()
                .filter(example -> learner.predict(example.embedding()) == example.label())
                .count();
        FrozenLearner best = new StreamingLda(DIMENSION, 0.02, 1);
        EmbeddedExample.stream(1, 2000, DIMENSION, 5)
                .forEach(example -> best.learn(example.embedding(), example.label()));
        long bestRight = unseen.stream()
                .filter(example -> best.predict(example.embedding()) == example.label())
                .count();
        // The labels are scattered alike, so LDA is the best there is.
        assertThat(right).isGreaterThan(bestRight * 9 / 10);
    }

    @Test
    void theLengthOfAnEmbeddingDoesNotMatter() {
        LogisticRegression one = new LogisticRegression(DIMENSION);
        LogisticRegression other = new LogisticRegression(DIMENSION);
        for (EmbeddedExample example : EmbeddedExample.stream(3, 200, DIMENSION, 5)) {
            float[] longer = example.embedding().clone();
            for (int i = 0; i < longer.length; i++) {
                longer[i] *= 4;
            }
            assertThat(other.predict(longer)).isEqualTo(one.predict(example.embedding()));
            one.learn(example.embedding(), example.label());
            other.learn(longer, example.label());
        }
    }

    @Test
    void refusesWhatItCannotLearnWith() {
        assertThatThrownBy(() -> new LogisticRegression(0)).hasMessageContaining("dimension must be >= 1");
        assertThatThrownBy(() -> new LogisticRegression(2, Double.NaN)).hasMessageContaining("rate must be > 0");
        assertThatThrownBy(() -> new LogisticRegression(2).learn(new float[] {1, 0}, -1))
                .hasMessageContaining("label must be >= 0");
        assertThatThrownBy(() -> new LogisticRegression(2).learn(new float[] {1}, 0))
                .hasMessageContaining("2 dimensions");
    }
}
