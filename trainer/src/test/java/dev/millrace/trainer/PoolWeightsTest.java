package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PoolWeightsTest {

    private static final int LABELS = 5;
    private static final int ROUNDS = 200;
    private static final int BATCH = 16;

    /** An opinion that names the right label so often, and is as confident as it says. */
    private record Expert(double accuracy, double confidence) {

        double[] say(int right, SplittableRandom random) {
            int named = random.nextDouble() < accuracy ? right : (right + 1 + random.nextInt(LABELS - 1)) % LABELS;
            double[] opinion = new double[LABELS];
            for (int label = 0; label < LABELS; label++) {
                opinion[label] = Math.log(label == named ? confidence : (1 - confidence) / (LABELS - 1));
            }
            return opinion;
        }
    }

    private record Outcome(PoolWeights weights, double lossOfTheSecondHalf) {}

    private static Outcome run(List<Double> initial, List<Expert> experts) {
        SplittableRandom random = new SplittableRandom(5);
        PoolWeights weights = PoolWeights.of(initial);
        double loss = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<List<double[]>> answers = new ArrayList<>();
            int[] right = new int[BATCH];
            for (int i = 0; i < BATCH; i++) {
                right[i] = random.nextInt(LABELS);
                int own = right[i];
                List<double[]> said =
                        experts.stream().map(expert -> expert.say(own, random)).toList();
                answers.add(said);
                if (round >= ROUNDS / 2) {
                    loss -= Math.log(weights.pool().pool(said)[own]);
                }
            }
            weights = weights.learn(answers, right);
        }
        return new Outcome(weights, loss / (ROUNDS / 2 * BATCH));
    }

    @Test
    void trustsWhoIsRightAndNotWhoGuesses() {
        Outcome outcome = run(List.of(0.5, 0.5), List.of(new Expert(0.9, 0.9), new Expert(0.2, 0.6)));

        assertThat(outcome.weights().weights().get(0)).isCloseTo(1, within(0.15));
        assertThat(outcome.weights().weights().get(1)).isLessThan(0.1);
    }

    @Test
    void softensWhoIsTooSureAndSharpensWhoIsTooModest() {
        Outcome tooSure = run(List.of(1.0), List.of(new Expert(0.7, 0.99)));
        Outcome tooModest = run(List.of(1.0), List.of(new Expert(0.95, 0.6)));

        // The log of the odds of one label against another goes from what was said to what is.
        assertThat(tooSure.weights().weights().get(0)).isCloseTo(odds(0.7) / odds(0.99), within(0.06));
        assertThat(tooModest.weights().weights().get(0)).isCloseTo(odds(0.95) / odds(0.6), within(0.25));
    }

    private static double odds(double confidence) {
        return Math.log(confidence * (LABELS - 1) / (1 - confidence));
    }

    @Test
    void isBetterThanEachOfTwoThatErrApart() {
        Expert one = new Expert(0.8, 0.8);
        Expert other = new Expert(0.75, 0.75);
        double alone = Math.min(
                run(List.of(1.0), List.of(one)).lossOfTheSecondHalf(),
                run(List.of(1.0), List.of(other)).lossOfTheSecondHalf());

        assertThat(run(List.of(0.7, 0.1), List.of(one, other)).lossOfTheSecondHalf())
                .isLessThan(0.8 * alone);
    }

    @Test
    void isNoWorseThanTheBetterOneBesideANoisyOne() {
        Expert good = new Expert(0.85, 0.85);
        double alone = run(List.of(1.0), List.of(good)).lossOfTheSecondHalf();

        assertThat(run(List.of(0.5, 0.5), List.of(good, new Expert(0.2, 0.97))).lossOfTheSecondHalf())
                .isLessThan(1.05 * alone);
    }
}
