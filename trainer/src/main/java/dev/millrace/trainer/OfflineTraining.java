package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Compute;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;

/**
 * The ceiling: the same encoder and head, trained the way a finished data set is: several epochs, each in an order of its
 * own, with a learning rate that rises linearly over the first tenth of the steps and then falls linearly to zero (Devlin
 * et al. 2019, "BERT: pre-training of deep bidirectional transformers for language understanding"). Nothing is rehearsed
 * and no weights are averaged.
 *
 * <p>Everything else is the recipe's. Not thread-safe.
 */
public final class OfflineTraining implements AutoCloseable {

    private static final double WARM_UP = 0.1;
    private static final String ENCODER_RATE = "encoder-learning-rate";
    private static final Map<String, String> NOTHING_OF_THE_STREAM = Map.of(
            "rehearsal-ratio", "0", "ema-decay", "0", "voters", "none", "drift-reaction", "tell", "accumulation", "1");

    private final PretrainedModel base;
    private final Recipe recipe;
    private final Tokenizer tokenizer;
    private final Network network;

    /**
     * Loads the base.
     *
     * @param base where each training starts
     * @param compute where and how to compute
     * @param recipe of the stream it is compared with
     */
    public OfflineTraining(PretrainedModel base, Compute compute, Recipe recipe) {
        Map<String, String> settings = new HashMap<>(recipe.asMap());
        settings.putAll(NOTHING_OF_THE_STREAM);
        this.recipe = Recipe.of(settings);
        this.base = recipe.kept(base);
        this.tokenizer = base.tokenizer(recipe.maxTokens());
        try {
            this.network = recipe.network(this.base, compute);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    /**
     * Trains from the base, then answers examples that were not trained on.
     *
     * @param train examples to learn, at least one
     * @param test examples to answer, at least one
     * @param epochs how often each is learned, at least 1
     * @param progress told how many examples were learned so far, over all epochs; may throw to end the training
     * @return the share of the test examples that was answered right
     * @throws NonFiniteLossException when a loss or a gradient is not finite
     */
    public double accuracy(List<LabelledExample> train, List<LabelledExample> test, int epochs, LongConsumer progress) {
        if (epochs < 1 || train.isEmpty() || test.isEmpty()) {
            throw new IllegalArgumentException("epochs, train and test must be >= 1, but are " + epochs + ", "
                    + train.size() + " and " + test.size());
        }
        // The time that a step takes is of no interest here.
        try (Learner learner = Learner.fresh(network, base, recipe, () -> 0)) {
            learn(learner, encoded(train), epochs, progress);
            return share(learner, encoded(test));
        }
    }

    private void learn(Learner learner, List<TrainingExample> examples, int epochs, LongConsumer progress) {
        int size = recipe.batchSize();
        long steps = (long) epochs * ((examples.size() + size - 1) / size);
        long step = 0;
        long learned = 0;
        List<TrainingExample> order = new ArrayList<>(examples);
        for (int epoch = 0; epoch < epochs; epoch++) {
            Collections.shuffle(order, new Random(recipe.seed() + epoch));
            for (List<TrainingExample> batch : cut(order, size)) {
                learner.use(atStep(step++, steps));
                learner.learn(batch);
                learned += batch.size();
                progress.accept(learned);
            }
        }
    }

    private Recipe atStep(long step, long steps) {
        Map<String, String> rate = new HashMap<>();
        rate.put(ENCODER_RATE, Double.toString(recipe.encoderLearningRate() * rateAt(step, steps)));
        return recipe.with(rate);
    }

    /** The share of the full rate at a step, counted from 0. */
    static double rateAt(long step, long steps) {
        double warmUp = Math.ceil(steps * WARM_UP);
        return step < warmUp ? (step + 1) / warmUp : (steps - step) / (steps - warmUp);
    }

    private double share(Learner learner, List<TrainingExample> test) {
        long right = 0;
        for (List<TrainingExample> batch : cut(test, recipe.batchSize())) {
            right += learner.evaluate(batch).correct();
        }
        return (double) right / test.size();
    }

    private List<TrainingExample> encoded(List<LabelledExample> examples) {
        return examples.stream()
                .map(example ->
                        new TrainingExample(tokenizer.encode(example.text()), example.label(), example.weight()))
                .toList();
    }

    private static List<List<TrainingExample>> cut(List<TrainingExample> examples, int size) {
        List<List<TrainingExample>> batches = new ArrayList<>();
        for (int from = 0; from < examples.size(); from += size) {
            batches.add(examples.subList(from, Math.min(from + size, examples.size())));
        }
        return batches;
    }

    @Override
    public void close() {
        network.close();
        tokenizer.close();
    }
}
