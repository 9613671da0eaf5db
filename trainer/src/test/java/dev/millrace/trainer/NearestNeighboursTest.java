package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NearestNeighboursTest {

    @Test
    void knowsNothingAtFirst() {
        assertThat(new NearestNeighbours(5).predict(new float[] {1, 0})).isEqualTo(-1);
    }

    @Test
    void measuresByAngleAndNotByLength() {
        NearestNeighbours learner = new NearestNeighbours(1);
        learner.learn(new float[] {100, 0}, 0);
        learner.learn(new float[] {1, 1}, 1);

        assertThat(learner.predict(new float[] {1, 0.9f})).isEqualTo(1);
        assertThat(learner.predict(new float[] {0.01f, 0.001f})).isEqualTo(0);
    }

    @Test
    void oneNearNeighbourOutvotesTwoFarOnesAndNotTwoNearOnes() {
        NearestNeighbours learner = new NearestNeighbours(3);
        learner.learn(at(0), 0);
        learner.learn(at(50), 1);
        learner.learn(at(50), 1);
        // exp(10) against 2 exp(10 cos 50°), and against 2 exp(10 cos 10°) from 40 degrees.
        assertThat(learner.predict(at(0))).isEqualTo(0);
        assertThat(learner.predict(at(40))).isEqualTo(1);
        // The crossing point: exp(10 cos a) = 2 exp(10 cos(50° - a)) at a = 20.3°.
        assertThat(learner.predict(at(20))).isEqualTo(0);
        assertThat(learner.predict(at(21))).isEqualTo(1);
    }

    @Test
    void ofEquallyNearLabelsTheFirstWins() {
        NearestNeighbours learner = new NearestNeighbours(2);
        learner.learn(at(10), 4);
        learner.learn(at(10), 2);

        assertThat(learner.predict(at(0))).isEqualTo(4);
    }

    @Test
    void learnsALabelThatComesLater() {
        NearestNeighbours learner = new NearestNeighbours(1);
        learner.learn(at(0), 0);
        assertThat(learner.predict(at(80))).isEqualTo(0);
        learner.learn(at(90), 7);
        assertThat(learner.predict(at(80))).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 37})
    void agreesWithASearchThroughAll(int dimension) {
        Random random = new Random(dimension);
        NearestNeighbours learner = new NearestNeighbours(5);
        List<float[]> seen = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
            float[] embedding = gaussian(random, dimension);
            int expected = seen.isEmpty() ? -1 : searched(seen, labels, embedding);
            // In one dimension every similarity is 1 or -1, so that ties are all there is.
            assertThat(learner.predict(embedding)).isEqualTo(expected);
            int label = random.nextInt(6);
            seen.add(embedding.clone());
            labels.add(label);
            learner.learn(embedding, label);
            Arrays.fill(embedding, Float.NaN);
        }
    }

    @Test
    void answersSeveralAsItAnswersEach() {
        Random random = new Random(9);
        NearestNeighbours learner = new NearestNeighbours(5);
        List<float[]> queries =
                IntStream.range(0, 40).mapToObj(i -> gaussian(random, 37)).toList();
        assertThat(learner.predictAll(queries)).hasSize(40).containsOnly(-1);
        for (int i = 0; i < 600; i++) {
            learner.learn(gaussian(random, 37), random.nextInt(6));
        }

        assertThat(learner.predictAll(queries))
                .isEqualTo(queries.stream().mapToInt(learner::predict).toArray());
        assertThat(learner.predictAll(List.of())).isEmpty();
    }

    @Test
    void refusesWhatIsNoEmbeddingOfItsKind() {
        NearestNeighbours learner = new NearestNeighbours(5);
        learner.learn(new float[] {0, 0}, 3);

        assertThat(learner.predict(new float[] {0, 0})).isEqualTo(3);
        assertThatThrownBy(() -> learner.predict(new float[3]))
                .hasMessage("embedding must have 2 dimensions, but has 3");
        assertThatThrownBy(() -> learner.learn(new float[] {Float.NaN, 0}, 0))
                .hasMessage("embedding must hold finite numbers only");
        assertThatThrownBy(() -> learner.learn(new float[2], -1)).hasMessage("label must be >= 0, but is -1");
        assertThatThrownBy(() -> new NearestNeighbours(0)).hasMessage("neighbours must be >= 1, but is 0");
    }

    private static int searched(List<float[]> seen, List<Integer> labels, float[] query) {
        double[] similarity =
                seen.stream().mapToDouble(one -> cosine(one, query)).toArray();
        List<Integer> nearest = IntStream.range(0, seen.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -similarity[i]))
                .limit(5)
                .toList();
        Map<Integer, Double> votes = new HashMap<>();
        nearest.forEach(i -> votes.merge(labels.get(i), Math.exp(10 * similarity[i]), Double::sum));
        double most =
                votes.values().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        return nearest.stream()
                .map(labels::get)
                .filter(label -> votes.getOrDefault(label, 0.0) > most * (1 - 1e-9))
                .findFirst()
                .orElseThrow();
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        double squaresOfA = 0;
        double squaresOfB = 0;
        for (int i = 0; i < a.length; i++) {
            product += a[i] * (double) b[i];
            squaresOfA += a[i] * (double) a[i];
            squaresOfB += b[i] * (double) b[i];
        }
        return product / Math.sqrt(squaresOfA * squaresOfB);
    }

    private static float[] gaussian(Random random, int dimension) {
        float[] embedding = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            embedding[i] = (float) random.nextGaussian();
        }
        return embedding;
    }

    private static float[] at(double degrees) {
        double angle = Math.toRadians(degrees);
        return new float[] {(float) Math.cos(angle), (float) Math.sin(angle)};
    }
}
