package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.Neighbours;
import dev.millrace.model.Network;
import dev.millrace.model.TokenBatch;
import dev.millrace.model.Voters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The answer of the fine-tuned classifier pooled with those of learners that see the same examples through the base as
 * it was published: linear discriminant analysis, and the nearest of the examples so far. They are strong while a label
 * has few examples, and a bar for the fine-tuned one later; what each is worth is learned from its answers ({@link
 * PoolWeights}), so that the pooled answer is no worse than the best of them.
 *
 * <p>Not thread-safe: it belongs to the training thread.
 */
final class Voting implements AutoCloseable {

    /** What the fine-tuned classifier is called among the opinions. */
    static final String TUNED = "fine-tuned";

    private static final int AT_ONCE = 64;

    private static final String LINEAR = "linear";
    private static final String NEIGHBOURS = "neighbours";

    private final Network network;
    private final int capacity;
    private final @Nullable LinearVoter linear;
    private final @Nullable Neighbours neighbours;
    private final Map<String, Long> correct;
    private PoolWeights weights;
    private Calibration calibration;
    private long offered;

    private Voting(
            Network network,
            int capacity,
            @Nullable LinearVoter linear,
            @Nullable Neighbours neighbours,
            Map<String, Long> correct,
            PoolWeights weights,
            Calibration calibration,
            long offered) {
        this.network = network;
        this.capacity = capacity;
        this.linear = linear;
        this.neighbours = neighbours;
        this.correct = new LinkedHashMap<>();
        names(linear, neighbours).forEach(name -> this.correct.put(name, correct.getOrDefault(name, 0L)));
        this.weights = weights;
        this.calibration = calibration;
        this.offered = offered;
    }

    /** Voters that have seen nothing. */
    static Voting fresh(Network network, Recipe recipe) {
        int hidden = network.config().hidden();
        LinearVoter linear = recipe.hasLinearVoter() ? LinearVoter.fresh(hidden) : null;
        Neighbours neighbours = recipe.hasNeighbours() ? new Neighbours(network.manager(), hidden) : null;
        return new Voting(
                network,
                recipe.voterMemory(),
                linear,
                neighbours,
                Map.of(),
                PoolWeights.of(initialWeights(linear != null, neighbours != null)),
                Calibration.none(),
                0);
    }

    /** Voters as they were when {@link #snapshot} was taken. */
    static Voting restored(Network network, Recipe recipe, VotingState state) {
        Voters served = state.served();
        LinearVoter linear = served.linear().isPresent()
                ? LinearVoter.restored(network.config().hidden(), LearnerState.byName(state.linear()))
                : null;
        Neighbours neighbours = served.embeddings()
                .map(embeddings -> Neighbours.of(
                        network.manager(), embeddings, served.neighbourLabels().orElseThrow()))
                .orElse(null);
        return new Voting(
                network,
                recipe.voterMemory(),
                linear,
                neighbours,
                state.correct(),
                state.weights(),
                state.calibration(),
                state.offered());
    }

    /** Where the learning of the weights begins; after a few hundred answers it makes no difference. */
    private static List<Double> initialWeights(boolean hasLinear, boolean hasNeighbours) {
        List<Double> initial = new ArrayList<>();
        initial.add(hasNeighbours ? 0.7 : hasLinear ? 0.8 : 1.0);
        if (hasLinear) {
            initial.add(0.05);
        }
        if (hasNeighbours) {
            initial.add(0.1);
        }
        return initial;
    }

    private static List<String> names(@Nullable LinearVoter linear, @Nullable Neighbours neighbours) {
        List<String> names = new ArrayList<>(List.of(TUNED));
        if (linear != null) {
            names.add(LINEAR);
        }
        if (neighbours != null) {
            names.add(NEIGHBOURS);
        }
        return names;
    }

    /** What was answered to a mini-batch. */
    static final class Answers {

        /** Of its texts by the published base, {@code [texts, hidden]}; empty when nobody looks at them. */
        private final float[] embeddings;

        /** For each text, in the order of the batch's rows, one a voter; empty while no label is known. */
        private final List<List<double[]>> opinions;

        /** For each text a probability for each label; empty while no label is known. */
        private final List<double[]> pooled;

        private Answers(float[] embeddings, List<List<double[]>> opinions, List<double[]> pooled) {
            this.embeddings = embeddings;
            this.opinions = opinions;
            this.pooled = pooled;
        }

        /** Which label a text was answered. */
        int label(int row) {
            return pooled.isEmpty() ? Labels.UNKNOWN : argmax(pooled.get(row));
        }
    }

    /**
     * Answers a mini-batch.
     *
     * @param scope owns what is made on the way
     * @param logits of the fine-tuned classifier, {@code [texts, labels]}; null while it knows no label
     */
    Answers answer(NDManager scope, TokenBatch batch, @Nullable NDArray logits) {
        NDArray published = linear == null && neighbours == null ? null : network.embedPublished(scope, batch);
        float[] embeddings = published == null ? new float[0] : published.toFloatArray();
        if (logits == null) {
            return new Answers(embeddings, List.of(), List.of());
        }
        int labels = Math.toIntExact(logits.getShape().get(1));
        List<double[][]> said = new ArrayList<>();
        if (linear != null) {
            said.add(linear.logProbabilities(embeddings, labels));
        }
        if (neighbours != null && published != null) {
            said.add(neighbours.logProbabilities(scope, published, labels));
        }
        List<List<double[]>> opinions = Voters.opinions(logits, said);
        return new Answers(
                embeddings,
                opinions,
                opinions.stream().map(weights.pool()::pool).toList());
    }

    /** Counts who was right. {@code rows} is in the order of the log, {@code labels} by row. */
    void tally(Answers answers, List<Integer> rows, int[] labels) {
        for (int row : answers.opinions.isEmpty() ? List.<Integer>of() : rows) {
            calibration = calibration.plus(max(answers.pooled.get(row)), answers.label(row) == labels[row]);
            int opinion = 0;
            for (String name : List.copyOf(correct.keySet())) {
                boolean isCorrect = argmax(answers.opinions.get(row).get(opinion++)) == labels[row];
                correct.merge(name, isCorrect ? 1L : 0L, Long::sum);
            }
        }
    }

    /**
     * Learns from a mini-batch what each opinion was worth, then lets the voters learn it.
     *
     * @param answers to it
     * @param rows in the order of the log
     * @param labels for each row the index of its label, by row
     * @param known how many labels were known when it was answered
     * @param random decides which examples stay
     */
    void learn(Answers answers, List<Integer> rows, int[] labels, int known, RandomGenerator random) {
        List<List<double[]>> judged = new ArrayList<>();
        List<Integer> right = new ArrayList<>();
        for (int row : rows) {
            if (!answers.opinions.isEmpty() && labels[row] < known) {
                judged.add(answers.opinions.get(row));
                right.add(labels[row]);
            }
        }
        if (!judged.isEmpty()) {
            weights = weights.learn(
                    judged, right.stream().mapToInt(Integer::intValue).toArray());
        }
        for (int row : rows) {
            if (linear != null) {
                linear.learn(answers.embeddings, row, labels[row]);
            }
            if (neighbours != null) {
                remember(neighbours, answers.embeddings, row, labels[row], random);
            }
        }
    }

    /**
     * Learns examples again that it was made to forget, as long as there are free places; they do not count as offered.
     *
     * @param labels that all of them have
     */
    void teachAgain(List<TrainingExample> examples, Labels labels) {
        for (int from = 0; from < examples.size() && (linear != null || neighbours != null); from += AT_ONCE) {
            ExampleBatch batch = ExampleBatch.of(examples.subList(from, Math.min(from + AT_ONCE, examples.size())));
            int[] targets = batch.labels(labels);
            try (NDManager scope = network.manager().newSubManager()) {
                float[] embeddings =
                        network.embedPublished(scope, batch.tokens()).toFloatArray();
                for (int row : batch.rows()) {
                    if (linear != null) {
                        linear.learn(embeddings, row, targets[row]);
                    }
                    if (neighbours != null && neighbours.size() < capacity) {
                        neighbours.put(
                                neighbours.size(),
                                embeddings,
                                row * network.config().hidden(),
                                targets[row]);
                    }
                }
            }
        }
        if (linear != null) {
            linear.refresh();
        }
    }

    /**
     * Forgets the neighbours that some texts made, each under the label given with it. Discriminant analysis keeps them in
     * its sums.
     */
    void retract(List<TrainingExample> wrong, Labels labels) {
        if (neighbours == null || wrong.isEmpty()) {
            return;
        }
        ExampleBatch batch = ExampleBatch.of(wrong);
        int[] targets = batch.labels(labels);
        try (NDManager scope = network.manager().newSubManager()) {
            float[] embeddings = network.embedPublished(scope, batch.tokens()).toFloatArray();
            for (int row : batch.rows()) {
                neighbours.removeSame(embeddings, row * network.config().hidden(), targets[row]);
            }
        }
    }

    /**
     * How much like each label examples are that it has learned, by the votes of the other neighbours; empty when no
     * neighbours are asked.
     */
    List<double[]> likeness(List<TrainingExample> examples, Labels labels) {
        List<double[]> likeness = new ArrayList<>();
        for (int from = 0; from < examples.size() && neighbours != null; from += AT_ONCE) {
            ExampleBatch batch = ExampleBatch.of(examples.subList(from, Math.min(from + AT_ONCE, examples.size())));
            try (NDManager scope = network.manager().newSubManager()) {
                double[][] byRow = neighbours.sharesAmongOthers(
                        scope, network.embedPublished(scope, batch.tokens()), batch.labels(labels), labels.size());
                batch.rows().forEach(row -> likeness.add(byRow[row]));
            }
        }
        return likeness;
    }

    /** A uniform sample of all (Vitter 1985, algorithm R). */
    private void remember(Neighbours some, float[] embeddings, int row, int label, RandomGenerator random) {
        offered++;
        long place = some.size() < capacity ? some.size() : random.nextLong(offered);
        if (place < capacity) {
            some.put((int) place, embeddings, row * network.config().hidden(), label);
        }
    }

    private static int argmax(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    private static double max(double[] values) {
        return values[argmax(values)];
    }

    /** How many answers of each opinion were right, by its name. */
    Map<String, Long> correct() {
        return new LinkedHashMap<>(correct);
    }

    /** How much each opinion weighs now, by its name. */
    Map<String, Double> weights() {
        Map<String, Double> byName = new LinkedHashMap<>();
        for (String name : correct.keySet()) {
            byName.put(name, weights.weights().get(byName.size()));
        }
        return byName;
    }

    double calibrationError() {
        return calibration.error();
    }

    /** Copies everything; {@code labels} is how many there are. */
    VotingState snapshot(int labels) {
        Voters served = new Voters(
                weights.pool(),
                Optional.ofNullable(linear).map(voter -> voter.served(Voters.LINEAR, labels)),
                Optional.ofNullable(neighbours).map(some -> some.embeddings(Voters.EMBEDDINGS)),
                Optional.ofNullable(neighbours).map(some -> some.labels(Voters.LABELS)));
        return new VotingState(
                served, linear == null ? List.of() : linear.snapshot(), weights, correct, calibration, offered);
    }

    @Override
    public void close() {
        if (neighbours != null) {
            neighbours.close();
        }
    }
}
