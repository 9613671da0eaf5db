package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.Head;
import dev.millrace.model.Network;
import dev.millrace.model.Network.StepResult;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.PretrainedHead;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.StepSettings;
import dev.millrace.model.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The fold: takes mini-batches in the order of the log, answers each with what it knows, then learns it.
 *
 * <p>What comes out depends on the base, the recipe and the mini-batches, and on nothing else: random numbers come from
 * the recipe's seed and the number of the step, and no clock is read but to report how long a step took.
 *
 * <p>Not thread-safe: it belongs to the training thread.
 */
final class Learner implements AutoCloseable {

    /** From how many of its newest examples a label begins anew. */
    private static final int MOST_IMPRINTED = 32;

    /** Where the random numbers of the voters begin: no step uses them, so that learning does not depend on who votes. */
    private static final long VOTERS = Long.MIN_VALUE;

    private final Network network;
    private final LongSupplier nanoTime;
    private final ParameterGroup encoder;
    private final GrowingHead head;
    private final DriftWatch drift;
    private final Holdout holdout;
    private Recipe recipe;
    private Rehearsal rehearsal;
    private long steps;
    private long updatedAt;
    private Prequential score;
    private Voting voting;
    private StillLayers still = StillLayers.UNKNOWN;

    private Learner(
            Network network,
            Recipe recipe,
            LongSupplier nanoTime,
            ParameterGroup encoder,
            GrowingHead head,
            Voting voting,
            LearnerState state) {
        this.network = network;
        this.recipe = recipe;
        this.nanoTime = nanoTime;
        this.encoder = encoder;
        this.head = head;
        this.voting = voting;
        this.rehearsal = new Rehearsal(recipe.rehearsalCapacity(), recipe.rehearsalSelection(), state.rehearsal());
        this.drift = new DriftWatch(state.drift());
        this.holdout = new Holdout(recipe.holdoutWindow(), state.holdout());
        this.steps = state.steps();
        this.updatedAt = state.updatedAt();
        this.score = state.score();
    }

    /** A learner that has seen nothing: the base as it was published, with its head, or with one that has no labels. */
    static Learner fresh(Network network, PretrainedModel base, Recipe recipe, LongSupplier nanoTime) {
        List<Tensor> values = network.untrained(base, recipe.seed());
        Voting voting = Voting.fresh(network, recipe);
        LearnerState nothing = new LearnerState(
                0,
                0,
                Prequential.NONE,
                base.head().map(PretrainedHead::labels).orElse(List.of()),
                Map.of(),
                List.of(),
                base.head().map(head -> begun(network, recipe, head)).orElse(List.of()),
                RehearsalState.NOTHING,
                DriftState.NOTHING,
                List.of(),
                voting.snapshot(0));
        ParameterGroup encoder = ParameterGroup.fresh(network, values);
        return new Learner(network, recipe, nanoTime, encoder, head(network, recipe, nothing), voting, nothing);
    }

    private static List<Tensor> begun(Network network, Recipe recipe, PretrainedHead head) {
        recipe.requireHead(head.shape());
        try (ParameterGroup parts = ParameterGroup.fresh(network, head.tensors())) {
            return parts.snapshot();
        }
    }

    /** A learner as it was when {@link #snapshot} was taken, by one with the same base and recipe. */
    static Learner restored(Network network, Recipe recipe, LearnerState state, LongSupplier nanoTime) {
        ParameterGroup encoder =
                ParameterGroup.restored(network, network.trainableNames(), LearnerState.byName(state.encoder()));
        GrowingHead head = head(network, recipe, state);
        Voting voting = Voting.restored(network, recipe, state.voting());
        return new Learner(network, recipe, nanoTime, encoder, head, voting, state);
    }

    private static GrowingHead head(Network network, Recipe recipe, LearnerState state) {
        return GrowingHead.restored(network, recipe, new Labels(state.labels(), state.formerNames()), state.head());
    }

    /** Learns by another recipe from here on; what the shape of the weights depends on is the same in both. */
    void use(Recipe changed) {
        // Numbers that no step uses choose what stays.
        RandomGenerator random = new LearningStep(changed, -1 - steps).random();
        rehearsal =
                Rehearsal.resumed(changed.rehearsalCapacity(), changed.rehearsalSelection(), rehearsal.state(), random);
        holdout.resize(changed.holdoutWindow());
        if (changed.optimizer() != recipe.optimizer()) {
            encoder.restartMoments();
            head.restartMoments();
        }
        if (changed.head().last() == Head.Last.COSINE) {
            rehearsal.scaleLogits(changed.head().scale() / recipe.head().scale());
        }
        recipe = changed;
        still = StillLayers.UNKNOWN;
    }

    /**
     * Forgets a label: no answer names it any more, and its past is not rehearsed. The others stay as they are, to the bit.
     *
     * @throws IllegalArgumentException when there is no such label
     */
    void retire(String label) {
        int row = head.retire(recipe, label);
        if (row == Labels.UNKNOWN) {
            return;
        }
        replaceVoting(VotesWithout.label(row, voting.snapshot(labels().size() + 1)));
        rehearsal.retire(label, row);
        drift.retire(label);
        holdout.retire(label);
    }

    /**
     * Calls a label otherwise, and takes its old name for the new one from here on.
     *
     * @throws IllegalArgumentException when there is no such label, or the new name is taken
     */
    void rename(String label, String to) {
        labels().rename(label, to);
        rehearsal.rename(label, to);
        drift.rename(label, to);
        holdout.rename(label, to);
    }

    private void replaceVoting(VotingState state) {
        voting.close();
        voting = Voting.restored(network, recipe, state);
    }

    private Labels labels() {
        return head.labels();
    }

    /** How many examples it has answered. */
    long examples() {
        return score.examples();
    }

    /** Whether there is anything it could answer. */
    boolean knowsLabels() {
        return labels().size() > 0;
    }

    /**
     * What was answered to examples that are not learned.
     *
     * @param correct how many answers were right
     * @param answers one for each example, in their order; an empty string where no label is known
     */
    record Evaluation(int correct, List<String> answers) {}

    /**
     * Answers examples as versions do, and learns nothing from them, not even a label.
     *
     * @return the answers; both kinds of weights get the credit, for nothing tells them apart here
     */
    Evaluation evaluate(List<TrainingExample> given) {
        if (given.isEmpty()) {
            return new Evaluation(0, List.of());
        }
        try (NDManager scope = network.manager().newSubManager()) {
            BatchAnswer answer = answer(scope, ExampleBatch.of(current(given)));
            answer.tally(voting, labels());
            score = score.plus(given.size(), answer.correct(), answer.correct());
            return new Evaluation(answer.correct(), answer.inOrder(labels()));
        }
    }

    /** Answers examples that are held out, and keeps them to judge by. */
    void judge(List<TrainingExample> heldOut) {
        retract(heldOut);
        evaluate(heldOut);
        holdout.add(current(heldOut));
    }

    /**
     * Answers a mini-batch as versions do, then learns it. What is remembered of texts under labels that it corrects is
     * dropped before.
     *
     * @param given examples that were never seen, in the order of the log; at least one
     * @return what came of it
     * @throws NonFiniteLossException when the loss or the gradient is not finite; the learner is as it was before,
     *     but for what it dropped
     */
    StepReport learn(List<TrainingExample> given) {
        long started = nanoTime.getAsLong();
        retract(given);
        List<TrainingExample> fresh = current(given);
        LearningStep step = new LearningStep(recipe, steps + 1);
        RandomGenerator random = step.random();
        try (NDManager scope = network.manager().newSubManager()) {
            BatchAnswer answer = answer(scope, ExampleBatch.of(fresh));
            int known = labels().size();
            List<String> answered = answer.inOrder(labels());
            GrowingHead.NewRows newRows = head.newRows(recipe, answer.batch(), answer.features());
            Runnable takeBack = head.admit(recipe, newRows, step.number());

            List<Integer> rehearsed = rehearsal.draw((int) Math.round(fresh.size() * recipe.rehearsalRatio()), random);
            ExampleBatch batch = ExampleBatch.of(fresh, rehearsal.at(rehearsed));
            int[] targets = batch.labels(labels());
            StepSettings settings = settings(step);
            StepResult result = step(scope, step, settings, batch, targets);
            if (!Float.isFinite(result.loss()) || !Float.isFinite(result.gradientNorm())) {
                takeBack.run();
                throw new NonFiniteLossException(step.number(), result.loss(), result.gradientNorm());
            }

            steps = step.number();
            updatedAt = settings.update().accumulation().last() ? steps : updatedAt;
            float[] logits = result.logits().toFloatArray();
            float[] losses = CrossEntropy.of(logits, ExampleBatch.wide(targets));
            rehearsal.learned(fresh, rehearsed, batch.byExample(losses), step.kept(batch, logits), random);
            answer.tally(voting, labels());
            answer.teach(voting, labels(), known, new LearningStep(recipe, VOTERS - step.number()).random());
            long before = rehearsal.offered() - fresh.size();
            List<Drift> drifts = answer.watch(drift, labels(), known, before, recipe.driftConfidence());
            drifts.forEach(this::react);
            long[] best = result.logits().argMax(1).toLongArray();
            int trainingCorrect = batch.countCorrect(labels(), row -> (int) best[row]);
            score = score.plus(fresh.size(), answer.correct(), trainingCorrect);
            return new StepReport(
                    step.number(),
                    fresh.size(),
                    rehearsed.size(),
                    result.loss(),
                    result.gradientNorm(),
                    answer.correct(),
                    trainingCorrect,
                    score.examples(),
                    score.correct(),
                    labels().size(),
                    drifts,
                    votes(),
                    answered,
                    new StepReport.Arithmetic(
                            batch.tokens().products(network.config(), false),
                            batch.tokens().products(network.config(), true)),
                    Duration.ofNanos(nanoTime.getAsLong() - started));
        }
    }

    private StepReport.Votes votes() {
        return new StepReport.Votes(score.examples(), voting.correct(), voting.weights(), voting.calibrationError());
    }

    /** How far it is, where the loss of the latest step is known to whoever asks. */
    Standing standing(long nextOffset, double loss) {
        return new Standing(nextOffset, steps, score.examples(), score.correct(), labels().size(), votes(), loss);
    }

    private BatchAnswer answer(NDManager scope, ExampleBatch batch) {
        ParameterGroup rows = head.weights();
        if (rows == null) {
            List<Tensor> hidden = head.freshHiddenLayers(recipe);
            NDArray features =
                    network.features(scope, encoder.averages(), published(), recipe.head(), hidden, batch.tokens());
            return new BatchAnswer(batch, voting.answer(scope, batch.tokens(), null), 0, features);
        }
        Network.Answer tuned = predict(scope, rows, batch);
        Voting.Answers answers = voting.answer(scope, batch.tokens(), tuned.logits());
        return new BatchAnswer(batch, answers, batch.countCorrect(labels(), answers::label), tuned.features());
    }

    private Network.Answer predict(NDManager scope, ParameterGroup rows, ExampleBatch batch) {
        return network.predict(scope, encoder.averages(), published(), recipe.head(), rows.averages(), batch.tokens());
    }

    /** How many of the lowest layers that may learn do not, and never did: what they make of texts is kept. */
    private int published() {
        still = still.next(
                settings(new LearningStep(recipe, steps + 1)).update().rates().still(),
                most -> network.published(encoder, recipe.seed(), most));
        return still.published();
    }

    private StepSettings settings(LearningStep step) {
        long next = rehearsal.offered() + 1;
        return step.settings(
                network.trainableLayers(),
                score.examples(),
                drift.rateFactor(next),
                drift.isThawed(next),
                step.number() - updatedAt);
    }

    private StepResult step(
            NDManager scope, LearningStep step, StepSettings settings, ExampleBatch batch, int[] targets) {
        return network.step(
                scope,
                encoder,
                published(),
                recipe.head(),
                Objects.requireNonNull(head.weights()),
                settings,
                batch.tokens(),
                step.targets(batch, targets, labels(), rehearsal));
    }

    private void retract(List<TrainingExample> corrections) {
        Retraction.of(corrections, labels()).from(rehearsal, holdout, voting, labels());
    }

    private void react(Drift found) {
        String label = found.label();
        switch (recipe.driftReaction()) {
            case TELL -> {}
            case RAISE_RATE -> drift.raiseRate(rehearsal.offered());
            case THAW -> drift.thaw(rehearsal.offered());
            case SHORTEN_MEMORY -> {
                if (label != null) {
                    forgetBefore(found.since(), label);
                }
            }
        }
    }

    /** Begins a label anew from its examples since a change, and with it those that changed with it. */
    private void forgetBefore(long since, String label) {
        Handover handover = new Handover(network, recipe, labels(), rehearsal, voting);
        Set<String> changed = handover.begin(label, since, drift.suspectedSince(rehearsal.offered()));
        voting = handover.voting();
        changed.forEach(this::beginAnew);
    }

    /** Makes the row of a label what it would be if its newest examples were its first. */
    private void beginAnew(String label) {
        List<TrainingExample> newest = rehearsal.newest(label, MOST_IMPRINTED);
        if (!newest.isEmpty()) {
            try (NDManager scope = network.manager().newSubManager()) {
                ParameterGroup rows = Objects.requireNonNull(head.weights());
                NDArray features = predict(scope, rows, ExampleBatch.of(newest)).features();
                head.beginAnew(recipe, label, features);
            }
        }
    }

    /** Examples under the names that their labels have now, as they are remembered. */
    List<TrainingExample> current(List<TrainingExample> given) {
        return given.stream()
                .map(one -> new TrainingExample(one.tokens(), labels().current(one.label()), one.weight()))
                .toList();
    }

    /** Copies everything out of native memory; the learner goes on unaffected. */
    LearnerState snapshot() {
        return new LearnerState(
                steps,
                updatedAt,
                score,
                labels().inOrder(),
                labels().formerNames(),
                encoder.snapshot(),
                head.snapshot(),
                rehearsal.state(),
                drift.state(),
                holdout.window(),
                voting.snapshot(labels().size()));
    }

    @Override
    public void close() {
        voting.close();
        encoder.close();
        head.close();
    }
}
