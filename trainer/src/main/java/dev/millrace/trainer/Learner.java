package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.Head;
import dev.millrace.model.Network;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.StepSettings;
import dev.millrace.model.StepSettings.Accumulation;
import dev.millrace.model.StepSettings.Dropout;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import dev.millrace.model.Targets;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
    static final String HEAD = Head.ROWS;

    /** Weights that float32 cannot sum would make the loss NaN, and one example would stop the trainer for good. */
    private static final double LEAST_WEIGHT = 1e-6;

    private static final double MOST_WEIGHT = 1e6;

    private static final int JUDGED_AT_ONCE = 64;

    /** From how many of its newest examples a label begins anew. */
    private static final int MOST_IMPRINTED = 32;

    private static final double MOST_BALANCE = 10;

    /** Where the random numbers of the voters begin. */
    private static final long VOTERS = Long.MIN_VALUE;

    private final Network network;
    private final LongSupplier nanoTime;
    private final ParameterGroup encoder;
    private Recipe recipe;
    private @Nullable ParameterGroup head;
    private Labels labels;
    private final DriftWatch drift;
    private final Holdout holdout;
    private Rehearsal rehearsal;
    private long steps;
    private Prequential score;
    private Voting voting;

    private Learner(
            Network network,
            Recipe recipe,
            LongSupplier nanoTime,
            ParameterGroup encoder,
            @Nullable ParameterGroup head,
            Voting voting,
            LearnerState state) {
        this.network = network;
        this.recipe = recipe;
        this.nanoTime = nanoTime;
        this.encoder = encoder;
        this.head = head;
        this.voting = voting;
        this.labels = new Labels(state.labels(), state.formerNames());
        this.rehearsal = new Rehearsal(recipe.rehearsalCapacity(), recipe.rehearsalSelection(), state.rehearsal());
        this.drift = new DriftWatch(state.drift());
        this.holdout = new Holdout(recipe.holdoutWindow(), state.holdout());
        this.steps = state.steps();
        this.score = state.score();
    }

    /** A learner that has seen nothing: the base as it was published, and a head without labels. */
    static Learner fresh(Network network, PretrainedModel base, Recipe recipe, LongSupplier nanoTime) {
        List<Tensor> values = network.untrained(base, recipe.seed());
        Voting voting = Voting.fresh(network, recipe);
        LearnerState nothing = new LearnerState(
                0,
                Prequential.NONE,
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                RehearsalState.NOTHING,
                DriftState.NOTHING,
                List.of(),
                voting.snapshot(0));
        return new Learner(network, recipe, nanoTime, ParameterGroup.fresh(network, values), null, voting, nothing);
    }

    /** A learner as it was when {@link #snapshot} was taken, by one with the same base and recipe. */
    static Learner restored(Network network, Recipe recipe, LearnerState state, LongSupplier nanoTime) {
        ParameterGroup encoder = ParameterGroup.restored(network, network.trainableNames(), byName(state.encoder()));
        ParameterGroup head = state.head().isEmpty()
                ? null
                : ParameterGroup.restored(network, recipe.head().names(), byName(state.head()));
        Voting voting = Voting.restored(network, recipe, state.voting());
        return new Learner(network, recipe, nanoTime, encoder, head, voting, state);
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
        // Numbers that no step uses choose what stays.
        rehearsal = Rehearsal.resumed(
                changed.rehearsalCapacity(),
                changed.rehearsalSelection(),
                rehearsal.state(),
                randomOf(changed, -1 - steps));
        holdout.resize(changed.holdoutWindow());
        recipe = changed;
    }

    /**
     * Forgets a label: no answer names it any more, and its past is not rehearsed. The others stay as they are, to the bit.
     *
     * @throws IllegalArgumentException when there is no such label
     */
    void retire(String label) {
        int row = labels.retire(label);
        if (row == Labels.UNKNOWN) {
            return;
        }
        List<Tensor> rest = HeadRows.without(Objects.requireNonNull(head).snapshot(), HEAD, row);
        replaceHead(HeadRows.without(rest, Head.BIAS, row));
        replaceVoting(VotesWithout.label(row, voting.snapshot(labels.size() + 1)));
        rehearsal.retire(label);
        drift.retire(label);
        holdout.retire(label);
    }

    /**
     * Calls a label otherwise, and takes its old name for the new one from here on.
     *
     * @throws IllegalArgumentException when there is no such label, or the new name is taken
     */
    void rename(String label, String to) {
        labels.rename(label, to);
        rehearsal.rename(label, to);
        drift.rename(label, to);
        holdout.rename(label, to);
    }

    private void replaceHead(List<Tensor> parts) {
        Objects.requireNonNull(head).close();
        head = labels.size() == 0
                ? null
                : ParameterGroup.restored(network, recipe.head().names(), byName(parts));
    }

    private void replaceVoting(VotingState state) {
        voting.close();
        voting = Voting.restored(network, recipe, state);
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
     * Answers examples with the averaged weights and learns nothing from them, not even a label.
     *
     * @return how many answers were right; both kinds of weights get the credit, for nothing tells them apart here
     */
    int evaluate(List<TrainingExample> given) {
        int correct = correct(current(given), true);
        score = score.plus(given.size(), correct, correct);
        return correct;
    }

    /** Answers examples that are held out, and keeps them to judge by. */
    void judge(List<TrainingExample> heldOut) {
        evaluate(heldOut);
        holdout.add(current(heldOut));
    }

    /** How what is served answers the newest examples that were held out. */
    HoldoutScore judgement() {
        List<TrainingExample> window = holdout.window();
        int correct = 0;
        for (int from = 0; from < window.size(); from += JUDGED_AT_ONCE) {
            correct += correct(window.subList(from, Math.min(from + JUDGED_AT_ONCE, window.size())), false);
        }
        return new HoldoutScore(window.size(), correct);
    }

    private int correct(List<TrainingExample> examples, boolean areNew) {
        if (examples.isEmpty()) {
            return 0;
        }
        try (NDManager scope = network.manager().newSubManager()) {
            TokenBatch batch = tokens(examples);
            NDArray logits = head == null ? null : predict(scope, head, batch).logits();
            Voting.Answers answers = voting.answer(scope, batch, logits);
            if (areNew) {
                voting.tally(answers, rowsOf(batch), labelsByRow(examples, batch));
            }
            return countCorrect(examples, batch, answers::label);
        }
    }

    /**
     * Answers a mini-batch with the averaged weights, then learns it.
     *
     * @param given examples that were never seen, in the order of the log; at least one
     * @return what came of it
     * @throws NonFiniteLossException when the loss or the gradient is not finite; the learner is as it was before
     */
    StepReport learn(List<TrainingExample> given) {
        List<TrainingExample> fresh = current(given);
        long started = nanoTime.getAsLong();
        long step = steps + 1;
        RandomGenerator random = randomOf(recipe, step);
        try (NDManager scope = network.manager().newSubManager()) {
            Answer answer = answer(scope, fresh);
            int known = labels.size();
            Runnable takeBack = admit(answer.newRows(), step);

            List<Integer> rehearsed = rehearsal.draw((int) Math.round(fresh.size() * recipe.rehearsalRatio()), random);
            List<TrainingExample> all = new ArrayList<>(fresh);
            rehearsal.at(rehearsed).forEach(remembered -> all.add(remembered.example()));
            TokenBatch batch = tokens(all);
            long[] targets =
                    Arrays.stream(labelsByRow(all, batch)).asLongStream().toArray();
            StepResult result = step(scope, batch, all, targets, fresh.size(), step);
            if (!Float.isFinite(result.loss()) || !Float.isFinite(result.gradientNorm())) {
                takeBack.run();
                throw new NonFiniteLossException(step, result.loss(), result.gradientNorm());
            }

            steps = step;
            float[] losses = CrossEntropy.of(result.logits().toFloatArray(), targets);
            rehearsal.learned(
                    fresh,
                    rehearsed,
                    rowsOf(batch).stream().map(row -> losses[row]).toList(),
                    random);
            learnToVote(answer, fresh, known, step);
            List<Drift> drifts = watch(answer, fresh, known);
            int trainingCorrect = countCorrect(fresh, batch, result.logits());
            score = score.plus(fresh.size(), answer.correct(), trainingCorrect);
            return new StepReport(
                    step,
                    fresh.size(),
                    rehearsed.size(),
                    result.loss(),
                    result.gradientNorm(),
                    answer.correct(),
                    trainingCorrect,
                    score.examples(),
                    score.correct(),
                    labels.size(),
                    drifts,
                    new StepReport.Votes(
                            score.examples(), voting.correct(), voting.weights(), voting.calibrationError()),
                    Duration.ofNanos(nanoTime.getAsLong() - started));
        }
    }

    private void learnToVote(Answer answer, List<TrainingExample> fresh, int known, long step) {
        List<Integer> rows = rowsOf(answer.batch());
        int[] byRow = labelsByRow(fresh, answer.batch());
        voting.tally(answer.answers(), rows, byRow);
        // Numbers that no step uses, so that learning does not depend on who votes.
        voting.learn(answer.answers(), rows, byRow, known, randomOf(recipe, VOTERS - step));
    }

    /** Looks for drift in answers; one that nobody could have known is no sign of it. */
    private List<Drift> watch(Answer answer, List<TrainingExample> fresh, int known) {
        List<Integer> rows = rowsOf(answer.batch());
        List<Drift> found = new ArrayList<>();
        long number = rehearsal.offered() - fresh.size();
        for (int i = 0; i < fresh.size(); i++) {
            number++;
            String label = fresh.get(i).label();
            int index = labels.indexOf(label);
            if (index < known) {
                boolean wrong = answer.answers().label(rows.get(i)) != index;
                found.addAll(drift.add(number, label, wrong, recipe.driftConfidence()));
            }
        }
        found.forEach(this::react);
        return found;
    }

    private void react(Drift found) {
        String label = found.label();
        switch (recipe.driftReaction()) {
            case TELL -> {}
            case RAISE_RATE -> drift.raiseRate(rehearsal.offered());
            case SHORTEN_MEMORY -> {
                if (label != null) {
                    forgetBefore(found.since(), label);
                }
            }
        }
    }

    /** Begins a label anew from its examples since a change. */
    private void forgetBefore(long since, String label) {
        rehearsal.drop(past -> past.label().equals(label) && past.number() < since);
        replaceVoting(VotesWithout.examplesOf(labels.indexOf(label), voting.snapshot(labels.size())));
        List<TrainingExample> newest = rehearsal.newest(label, MOST_IMPRINTED);
        ParameterGroup old = head;
        if (newest.isEmpty() || old == null) {
            return;
        }
        try (NDManager scope = network.manager().newSubManager()) {
            float[] features = predict(scope, old, tokens(newest)).features().toFloatArray();
            int width = recipe.head().width(network.config().hidden());
            List<Integer> all = IntStream.range(0, newest.size()).boxed().toList();
            List<Tensor> rows = recipe.head().newRows(Imprint.rows(features, width, List.of(all), HEAD), features);
            if (rows.stream().allMatch(Tensor::isFinite)) {
                List<Tensor> parts = old.snapshot();
                for (Tensor row : rows) {
                    parts = HeadRows.with(parts, labels.indexOf(label), row);
                }
                replaceHead(parts);
            }
        }
    }

    /** For each row of a batch the index of its label; unknown where the row is none of the examples. */
    private int[] labelsByRow(List<TrainingExample> examples, TokenBatch batch) {
        List<Integer> rows = rowsOf(batch);
        int[] byRow = new int[batch.size()];
        Arrays.fill(byRow, Labels.UNKNOWN);
        for (int i = 0; i < examples.size(); i++) {
            byRow[rows.get(i)] = labels.indexOf(examples.get(i).label());
        }
        return byRow;
    }

    private List<TrainingExample> current(List<TrainingExample> given) {
        return given.stream()
                .map(example -> example.renamed(labels.current(example.label())))
                .toList();
    }

    private static RandomGenerator randomOf(Recipe recipe, long step) {
        return new SplittableRandom(seedOf(recipe, step));
    }

    private static long seedOf(Recipe recipe, long step) {
        return recipe.seed() ^ (step * 0x9E3779B97F4A7C15L);
    }

    /** What was answered, how much of it was right, and a row for each label that nobody knew, in the order of the log. */
    private record Answer(TokenBatch batch, Voting.Answers answers, int correct, NewRows newRows) {}

    private record NewRows(List<String> labels, List<Tensor> rows) {}

    private Answer answer(NDManager scope, List<TrainingExample> fresh) {
        TokenBatch batch = tokens(fresh);
        if (head == null) {
            NDArray features = network.features(scope, encoder.averages(), recipe.head(), freshHiddenLayers(), batch);
            return new Answer(batch, voting.answer(scope, batch, null), 0, newRows(fresh, batch, features));
        }
        Network.Answer tuned = predict(scope, head, batch);
        Voting.Answers answers = voting.answer(scope, batch, tuned.logits());
        int correct = countCorrect(fresh, batch, answers::label);
        return new Answer(batch, answers, correct, newRows(fresh, batch, tuned.features()));
    }

    private Network.Answer predict(NDManager scope, ParameterGroup rows, TokenBatch batch) {
        return network.predict(scope, encoder.averages(), recipe.head(), rows.averages(), batch);
    }

    private List<Tensor> freshHiddenLayers() {
        return recipe.head().freshHiddenLayers(network.config().hidden(), recipe.seed());
    }

    private NewRows newRows(List<TrainingExample> fresh, TokenBatch batch, NDArray features) {
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        List<Integer> rows = rowsOf(batch);
        for (int i = 0; i < fresh.size(); i++) {
            String label = fresh.get(i).label();
            if (labels.indexOf(label) == Labels.UNKNOWN) {
                members.computeIfAbsent(label, unseen -> new ArrayList<>()).add(rows.get(i));
            }
        }
        if (members.isEmpty()) {
            return new NewRows(List.of(), List.of());
        }
        float[] values = features.toFloatArray();
        int width = recipe.head().width(network.config().hidden());
        Tensor directions = Imprint.rows(values, width, List.copyOf(members.values()), HEAD);
        return new NewRows(List.copyOf(members.keySet()), recipe.head().newRows(directions, values));
    }

    /**
     * Adds rows for new labels.
     *
     * @return takes them back, for the step that they were added for may yet fail
     */
    private Runnable admit(NewRows added, long step) {
        if (added.labels().isEmpty()) {
            return () -> {};
        }
        if (!added.rows().stream().allMatch(Tensor::isFinite)) {
            throw new NonFiniteLossException(step, Double.NaN, Double.NaN);
        }
        Labels labelsBefore = new Labels(labels.inOrder(), labels.formerNames());
        List<Tensor> headBefore = head == null ? List.of() : head.snapshot();
        added.labels().forEach(labels::add);
        if (head == null) {
            List<Tensor> whole = new ArrayList<>(added.rows());
            whole.addAll(freshHiddenLayers());
            head = ParameterGroup.fresh(network, whole);
        } else {
            head.appendRows(added.rows());
        }
        return () -> {
            labels = labelsBefore;
            Objects.requireNonNull(head).close();
            head = headBefore.isEmpty()
                    ? null
                    : ParameterGroup.restored(network, recipe.head().names(), byName(headBefore));
        };
    }

    private StepResult step(
            NDManager scope, TokenBatch batch, List<TrainingExample> examples, long[] targets, int fresh, long step) {
        float[] weights = new float[examples.size()];
        for (int row = 0; row < weights.length; row++) {
            double weight = examples.get(batch.order().get(row)).weight();
            weights[row] = (float) Math.min(Math.max(weight, LEAST_WEIGHT), MOST_WEIGHT);
        }
        if (recipe.isBalanced()) {
            balance(targets, weights);
        }
        return network.step(
                scope,
                encoder,
                recipe.head(),
                Objects.requireNonNull(head),
                new StepSettings(
                        recipe.loss(),
                        new Dropout(recipe.dropout(), recipe.headDropout(), seedOf(recipe, step)),
                        update(step)),
                batch,
                Targets.of(targets, weights).withFresh(marks(batch, fresh)));
    }

    private Update update(long step) {
        double factor = recipe.rateFactor(step) * drift.rateFactor(rehearsal.offered() + 1);
        int layers = network.trainableLayers();
        return new Update(
                recipe.optimizer(),
                Rates.decaying(
                        layers,
                        recipe.thawedLayers(layers, rehearsal.offered()),
                        factor * recipe.encoderLearningRate(),
                        recipe.layerDecay(),
                        factor * recipe.headLearningRate()),
                recipe.weightDecay(),
                recipe.gradientClip(),
                Math.min(recipe.averageDecay(), (1.0 + step) / (10.0 + step)),
                Accumulation.at(recipe.accumulation(), step));
    }

    /** Has all labels count alike, by how many of each are remembered, as far as a factor of ten can do it. */
    private void balance(long[] targets, float[] weights) {
        long[] counts = new long[labels.size()];
        Arrays.fill(counts, 1);
        labels.inOrder().forEach(label -> counts[labels.indexOf(label)] += rehearsal.count(label));
        double mean = (double) Arrays.stream(counts).sum() / counts.length;
        for (int row = 0; row < targets.length; row++) {
            weights[row] *= (float) Math.min(MOST_BALANCE, mean / counts[(int) targets[row]]);
        }
    }

    /** Which rows of a batch are of its first examples, those that are fresh. */
    private static boolean[] marks(TokenBatch batch, int fresh) {
        boolean[] marks = new boolean[batch.size()];
        for (int row = 0; row < marks.length; row++) {
            marks[row] = batch.order().get(row) < fresh;
        }
        return marks;
    }

    /** Counts the right ones among the first examples of a batch. */
    private int countCorrect(List<TrainingExample> examples, TokenBatch batch, NDArray logits) {
        long[] best = logits.argMax(1).toLongArray();
        return countCorrect(examples, batch, row -> (int) best[row]);
    }

    private int countCorrect(List<TrainingExample> examples, TokenBatch batch, IntUnaryOperator answers) {
        int[] right = labelsByRow(examples, batch);
        return (int) IntStream.range(0, right.length)
                .filter(row -> right[row] != Labels.UNKNOWN && right[row] == answers.applyAsInt(row))
                .count();
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
                labels.formerNames(),
                encoder.snapshot(),
                head == null ? List.of() : head.snapshot(),
                rehearsal.state(),
                drift.state(),
                holdout.window(),
                voting.snapshot(labels.size()));
    }

    @Override
    public void close() {
        voting.close();
        encoder.close();
        if (head != null) {
            head.close();
        }
    }
}
