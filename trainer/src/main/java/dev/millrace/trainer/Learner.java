package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Network;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.Network.StepSettings;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The fold: takes mini-batches in the order of the log, answers each with what it knows, then learns it.
 *
 * <p>What comes out depends on the base, the recipe and the mini-batches, and on nothing else: random numbers come from
 * the recipe's seed and the number of the step, and no clock is read but to report how long a step took.
 *
 * <p>Not thread-safe: it belongs to the training thread.
 */
final class Learner implements AutoCloseable {

    /** What the head's only tensor is called. */
    static final String HEAD = ClassifierWeights.HEAD;

    /** Weights that float32 cannot sum would make the loss NaN, and one example would stop the trainer for good. */
    private static final double LEAST_WEIGHT = 1e-6;

    private static final double MOST_WEIGHT = 1e6;

    /** What is answered while no label is known. */
    private static final String NO_LABEL = "";

    private final Network network;
    private final LongSupplier nanoTime;
    private final ParameterGroup encoder;
    private Recipe recipe;
    private @Nullable ParameterGroup head;
    private Labels labels;
    private Reservoir<TrainingExample> past;
    private long steps;
    private Prequential score;

    private Learner(
            Network network,
            Recipe recipe,
            LongSupplier nanoTime,
            ParameterGroup encoder,
            @Nullable ParameterGroup head,
            LearnerState state) {
        this.network = network;
        this.recipe = recipe;
        this.nanoTime = nanoTime;
        this.encoder = encoder;
        this.head = head;
        this.labels = new Labels(state.labels());
        this.past = new Reservoir<>(recipe.rehearsalCapacity(), state.past(), state.offered());
        this.steps = state.steps();
        this.score = state.score();
    }

    /** A learner that has seen nothing: the base as it was published, and a head without labels. */
    static Learner fresh(Network network, PretrainedModel base, Recipe recipe, LongSupplier nanoTime) {
        List<Tensor> values = network.trainableNames().stream()
                .map(name -> Objects.requireNonNull(base.tensors().get(name), name))
                .toList();
        LearnerState nothing = new LearnerState(0, Prequential.NONE, List.of(), List.of(), List.of(), List.of(), 0);
        return new Learner(network, recipe, nanoTime, ParameterGroup.fresh(network, values), null, nothing);
    }

    /** A learner as it was when {@link #snapshot} was taken, by one with the same base and recipe. */
    static Learner restored(Network network, Recipe recipe, LearnerState state, LongSupplier nanoTime) {
        ParameterGroup encoder = ParameterGroup.restored(network, network.trainableNames(), byName(state.encoder()));
        ParameterGroup head =
                state.head().isEmpty() ? null : ParameterGroup.restored(network, List.of(HEAD), byName(state.head()));
        return new Learner(network, recipe, nanoTime, encoder, head, state);
    }

    private static Function<String, Tensor> byName(List<Tensor> tensors) {
        Map<String, Tensor> map = tensors.stream().collect(Collectors.toMap(Tensor::name, tensor -> tensor));
        return name -> {
            Tensor tensor = map.get(name);
            if (tensor == null) {
                throw new IllegalArgumentException("the training state has no tensor named " + name);
            }
            return tensor;
        };
    }

    /** Learns by another recipe from here on; what the shape of the weights depends on is the same in both. */
    void use(Recipe changed) {
        if (changed.rehearsalCapacity() != recipe.rehearsalCapacity()) {
            // Numbers that no step uses choose what stays.
            past = Reservoir.resumed(
                    changed.rehearsalCapacity(), past.kept(), past.offered(), randomOf(changed, -1 - steps));
        }
        recipe = changed;
    }

    /** How many examples it has answered. */
    long examples() {
        return score.examples();
    }

    /** Whether there is anything it could answer. */
    boolean knowsLabels() {
        return labels.size() > 0;
    }

    /**
     * Answers a mini-batch with the averaged weights and learns nothing from it, not even a label.
     *
     * @return how many answers were right; both kinds of weights get the credit, for nothing tells them apart here
     */
    int evaluate(List<TrainingExample> fresh) {
        try (NDManager scope = network.manager().newSubManager()) {
            TokenBatch batch = tokens(fresh);
            int correct = head == null
                    ? 0
                    : countCorrect(
                            fresh,
                            bestLabels(
                                    fresh.size(),
                                    batch,
                                    predict(scope, head, batch).get(1)));
            score = score.plus(fresh.size(), correct, correct);
            return correct;
        }
    }

    /**
     * Answers a mini-batch with the averaged weights, then learns it.
     *
     * @param fresh examples that were never seen, in the order of the log; at least one
     * @return what came of it
     * @throws NonFiniteLossException when the loss or the gradient is not finite; the learner is as it was before
     */
    StepReport learn(List<TrainingExample> fresh) {
        long started = nanoTime.getAsLong();
        long step = steps + 1;
        RandomGenerator random = randomOf(recipe, step);
        try (NDManager scope = network.manager().newSubManager()) {
            Answer answer = answer(scope, fresh);
            Runnable takeBack = admit(answer.newRows(), step);

            List<TrainingExample> rehearsed =
                    past.draw((int) Math.round(fresh.size() * recipe.rehearsalRatio()), random);
            List<TrainingExample> all = new ArrayList<>(fresh);
            all.addAll(rehearsed);
            TokenBatch batch = tokens(all);
            StepResult result = step(scope, batch, all, step);
            if (!Float.isFinite(result.loss()) || !Float.isFinite(result.gradientNorm())) {
                takeBack.run();
                throw new NonFiniteLossException(step, result.loss(), result.gradientNorm());
            }

            fresh.forEach(example -> past.offer(example, random));
            steps = step;
            int correct = countCorrect(fresh, answer.given());
            int trainingCorrect = countCorrect(fresh, bestLabels(fresh.size(), batch, result.logits()));
            score = score.plus(fresh.size(), correct, trainingCorrect);
            return new StepReport(
                    step,
                    fresh.size(),
                    rehearsed.size(),
                    result.loss(),
                    result.gradientNorm(),
                    correct,
                    trainingCorrect,
                    score.examples(),
                    score.correct(),
                    labels.size(),
                    answer.given(),
                    Duration.ofNanos(nanoTime.getAsLong() - started));
        }
    }

    private static RandomGenerator randomOf(Recipe recipe, long step) {
        return new SplittableRandom(recipe.seed() ^ (step * 0x9E3779B97F4A7C15L));
    }

    /** A label for each example, and a row for each label that nobody knew, in the order of the log. */
    private record Answer(List<String> given, NewRows newRows) {}

    private record NewRows(List<String> labels, @Nullable Tensor rows) {}

    private Answer answer(NDManager scope, List<TrainingExample> fresh) {
        TokenBatch batch = tokens(fresh);
        if (head == null) {
            return new Answer(
                    Collections.nCopies(fresh.size(), NO_LABEL),
                    newRows(fresh, batch, network.embed(scope, encoder.averages(), batch)));
        }
        NDList answer = predict(scope, head, batch);
        return new Answer(bestLabels(fresh.size(), batch, answer.get(1)), newRows(fresh, batch, answer.get(0)));
    }

    private NDList predict(NDManager scope, ParameterGroup rows, TokenBatch batch) {
        return network.predict(
                scope, encoder.averages(), rows.averages().singletonOrThrow(), recipe.headScale(), batch);
    }

    private NewRows newRows(List<TrainingExample> fresh, TokenBatch batch, NDArray embeddings) {
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        List<Integer> rows = rowsOf(batch);
        for (int i = 0; i < fresh.size(); i++) {
            String label = fresh.get(i).label();
            if (labels.indexOf(label) == Labels.UNKNOWN) {
                members.computeIfAbsent(label, unseen -> new ArrayList<>()).add(rows.get(i));
            }
        }
        return new NewRows(
                List.copyOf(members.keySet()),
                members.isEmpty()
                        ? null
                        : Imprint.rows(
                                embeddings.toFloatArray(),
                                network.config().hidden(),
                                List.copyOf(members.values()),
                                HEAD));
    }

    /**
     * Adds rows for new labels.
     *
     * @return takes them back, for the step that they were added for may yet fail
     */
    private Runnable admit(NewRows added, long step) {
        if (added.rows() == null) {
            return () -> {};
        }
        if (!added.rows().isFinite()) {
            throw new NonFiniteLossException(step, Double.NaN, Double.NaN);
        }
        List<String> labelsBefore = labels.inOrder();
        List<Tensor> headBefore = head == null ? List.of() : head.snapshot();
        added.labels().forEach(labels::add);
        if (head == null) {
            head = ParameterGroup.fresh(network, List.of(added.rows()));
        } else {
            head.appendRows(added.rows());
        }
        return () -> {
            labels = new Labels(labelsBefore);
            Objects.requireNonNull(head).close();
            head = headBefore.isEmpty() ? null : ParameterGroup.restored(network, List.of(HEAD), byName(headBefore));
        };
    }

    private StepResult step(NDManager scope, TokenBatch batch, List<TrainingExample> examples, long step) {
        long[] targets = new long[examples.size()];
        float[] weights = new float[examples.size()];
        for (int row = 0; row < targets.length; row++) {
            TrainingExample example = examples.get(batch.order().get(row));
            targets[row] = labels.indexOf(example.label());
            weights[row] = (float) Math.min(Math.max(example.weight(), LEAST_WEIGHT), MOST_WEIGHT);
        }
        StepSettings settings = new StepSettings(
                recipe.headScale(),
                recipe.labelSmoothing(),
                recipe.gradientClip(),
                recipe.encoderLearningRate(),
                recipe.headLearningRate(),
                recipe.weightDecay(),
                Math.min(recipe.averageDecay(), (1.0 + step) / (10.0 + step)));
        return network.step(scope, encoder, Objects.requireNonNull(head), settings, batch, targets, weights);
    }

    /** The labels with the highest logits, of the first texts of a batch in the order in which they were given. */
    private List<String> bestLabels(int texts, TokenBatch batch, NDArray logits) {
        long[] best = logits.argMax(1).toLongArray();
        List<Integer> rows = rowsOf(batch);
        List<String> names = labels.inOrder();
        List<String> answers = new ArrayList<>(texts);
        for (int i = 0; i < texts; i++) {
            answers.add(names.get((int) best[rows.get(i)]));
        }
        return answers;
    }

    private static int countCorrect(List<TrainingExample> examples, List<String> answers) {
        int correct = 0;
        for (int i = 0; i < answers.size(); i++) {
            if (answers.get(i).equals(examples.get(i).label())) {
                correct++;
            }
        }
        return correct;
    }

    private static TokenBatch tokens(List<TrainingExample> examples) {
        return TokenBatch.of(examples.stream().map(TrainingExample::tokens).toList());
    }

    /** For each text as it was given, its row in the results: the inverse of the batch's order. */
    private static List<Integer> rowsOf(TokenBatch batch) {
        Integer[] rows = new Integer[batch.size()];
        for (int row = 0; row < rows.length; row++) {
            rows[batch.order().get(row)] = row;
        }
        return List.of(rows);
    }

    /** Copies everything out of native memory; the learner goes on unaffected. */
    LearnerState snapshot() {
        return new LearnerState(
                steps,
                score,
                labels.inOrder(),
                encoder.snapshot(),
                head == null ? List.of() : head.snapshot(),
                past.kept(),
                past.offered());
    }

    @Override
    public void close() {
        encoder.close();
        if (head != null) {
            head.close();
        }
    }
}
