package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NeighboursTest {

    private static final int HIDDEN = 8;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void countsTheVotesOfTheNearestByTheirSimilarity() {
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN)) {
            neighbours.put(0, axis(0), 0, 1);
            neighbours.put(1, axis(1), 0, 0);
            neighbours.put(2, axis(1), 0, 2);

            // Its cosines with the three are 0.8, 0.6 and 0.6.
            float[] text = new float[HIDDEN];
            text[0] = 0.8f;
            text[1] = 0.6f;
            double[] answer = ask(neighbours, text, 4);

            double far = Math.exp(-Neighbours.SHARPNESS * 0.2);
            double all = 1 + 2 * far;
            assertThat(Math.exp(answer[1])).isCloseTo(0.98 / all + 0.005, within(1e-3));
            assertThat(Math.exp(answer[0])).isCloseTo(0.98 * far / all + 0.005, within(1e-4));
            assertThat(answer[2]).isEqualTo(answer[0]);
            assertThat(Math.exp(answer[3])).isCloseTo(0.005, within(1e-9));
        }
    }

    @Test
    void takesOutATextUnderOneLabel() {
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN);
                Neighbours others = new Neighbours(manager, HIDDEN)) {
            float[] near = axis(0);
            near[1] = 0.05f; // a cosine of 0.9988
            float[] far = axis(0);
            far[1] = 0.1f; // a cosine of 0.995
            neighbours.put(0, axis(0), 0, 1);
            neighbours.put(1, far, 0, 1);
            neighbours.put(2, axis(0), 0, 2);
            neighbours.put(3, axis(3), 0, 0);
            neighbours.put(4, near, 0, 1);
            assertThat(neighbours.removeSame(axis(0), 0, 1)).isEqualTo(2);
            assertThat(neighbours.removeSame(axis(0), 0, 1)).isZero();

            others.put(0, axis(3), 0, 0);
            others.put(1, far, 0, 1);
            others.put(2, axis(0), 0, 2);
            assertThat(neighbours.labels("l").data())
                    .isEqualTo(others.labels("l").data());
            assertThat(neighbours.embeddings("e").data())
                    .isEqualTo(others.embeddings("e").data());
            assertThat(ask(neighbours, axis(0), 3)).isEqualTo(ask(others, axis(0), 3));
        }
    }

    @Test
    void leavesATextThatIsOneOfThemOutOfTheVoteOnItself() {
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN);
                NDManager scope = manager.newSubManager()) {
            int[] own = {0};
            assertThat(neighbours.sharesAmongOthers(scope, one(scope, axis(0)), own, 2)[0])
                    .containsExactly(0, 0);
            neighbours.put(0, axis(0), 0, 0);
            assertThat(neighbours.sharesAmongOthers(scope, one(scope, axis(0)), own, 2)[0])
                    .containsExactly(0, 0);

            neighbours.put(1, axis(1), 0, 0);
            neighbours.put(2, axis(2), 0, 1);
            assertThat(neighbours.sharesAmongOthers(scope, one(scope, axis(0)), own, 2)[0])
                    .containsExactly(0.5, 0.5);
            // Its nearest has another label, so the one left out is the nearest of its own.
            double[] shares = neighbours.sharesAmongOthers(scope, one(scope, axis(2)), own, 2)[0];
            assertThat(shares[1]).isCloseTo(1, within(1e-9));
            assertThat(shares[0] + shares[1]).isCloseTo(1, within(1e-9));
        }
    }

    private static NDArray one(NDManager scope, float[] text) {
        return scope.create(text, new Shape(1, HIDDEN));
    }

    @Test
    void findsAmongManyBlocksWhatASearchOfAllFinds() {
        SplittableRandom random = new SplittableRandom(7);
        int size = 2500;
        float[] all = new float[size * HIDDEN];
        for (int place = 0; place < size; place++) {
            double squares = 0;
            for (int i = 0; i < HIDDEN; i++) {
                all[place * HIDDEN + i] = (float) random.nextGaussian();
                squares += Math.pow(all[place * HIDDEN + i], 2);
            }
            for (int i = 0; i < HIDDEN; i++) {
                all[place * HIDDEN + i] /= (float) Math.sqrt(squares);
            }
        }
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN)) {
            for (int place = 0; place < size; place++) {
                neighbours.put(place, all, place * HIDDEN, place % 3);
            }
            for (int text : new int[] {0, 1023, 1024, 2499}) {
                float[] own = Arrays.copyOfRange(all, text * HIDDEN, (text + 1) * HIDDEN);
                // What is there already is its own nearest neighbour by far.
                double[] answer = ask(neighbours, own, 3);
                assertThat(answer[text % 3])
                        .isGreaterThan(answer[(text + 1) % 3])
                        .isGreaterThan(answer[(text + 2) % 3]);
            }
        }
    }

    @Test
    void putsAnEmbeddingInThePlaceOfAnother() {
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN)) {
            neighbours.put(0, axis(0), 0, 0);
            assertThat(ask(neighbours, axis(0), 2)[0]).isGreaterThan(-0.1);

            neighbours.put(0, axis(0), 0, 1);
            assertThat(neighbours.size()).isEqualTo(1);
            assertThat(neighbours.label(0)).isEqualTo(1);
            assertThat(ask(neighbours, axis(0), 2)[1]).isGreaterThan(-0.1);
            assertThatThrownBy(() -> neighbours.put(2, axis(0), 0, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void saysNothingWhileThereAreNone() {
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN)) {
            assertThat(ask(neighbours, axis(0), 4)).containsOnly(-Math.log(4));
        }
    }

    @Test
    void comesBackFromAFileAsItWas() {
        SplittableRandom random = new SplittableRandom(3);
        try (Neighbours neighbours = new Neighbours(manager, HIDDEN)) {
            for (int place = 0; place < 1100; place++) {
                float[] row = new float[HIDDEN];
                row[place % HIDDEN] = random.nextFloat();
                neighbours.put(place, row, 0, place % 5);
            }
            Tensor embeddings = neighbours.embeddings("e");
            Tensor labels = neighbours.labels("l");
            try (Neighbours read = Neighbours.of(manager, embeddings, labels)) {
                assertThat(read.embeddings("e")).isEqualTo(embeddings);
                assertThat(read.labels("l")).isEqualTo(labels);
                assertThat(ask(read, axis(2), 5)).isEqualTo(ask(neighbours, axis(2), 5));
            }
            assertThatThrownBy(() -> Neighbours.of(manager, labels, labels))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be BF16");
        }
    }

    private double[] ask(Neighbours neighbours, float[] embedding, int labels) {
        try (NDManager scope = manager.newSubManager()) {
            return neighbours.logProbabilities(scope, scope.create(embedding, new Shape(1, HIDDEN)), labels)[0];
        }
    }

    private static float[] axis(int i) {
        float[] axis = new float[HIDDEN];
        axis[i] = 1;
        return axis;
    }
}
