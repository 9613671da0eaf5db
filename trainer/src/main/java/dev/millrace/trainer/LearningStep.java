package dev.millrace.trainer;

import dev.millrace.model.StepSettings;
import dev.millrace.model.StepSettings.Accumulation;
import dev.millrace.model.StepSettings.Dropout;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import dev.millrace.model.Targets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * What a recipe says of one step. Immutable.
 *
 * @param recipe of learning
 * @param number of the step, from 1; a number that no step has gives other random numbers
 */
record LearningStep(Recipe recipe, long number) {

    /** Weights that float32 cannot sum would make the loss NaN, and one example would stop the trainer for good. */
    private static final double LEAST_WEIGHT = 1e-6;

    private static final double MOST_WEIGHT = 1e6;

    private static final double MOST_BALANCE = 10;

    /** Random numbers that depend on the recipe's seed and the number of the step alone, the same ones each time. */
    RandomGenerator random() {
        return new SplittableRandom(seed());
    }

    private long seed() {
        return recipe.seed() ^ (number * 0x9E3779B97F4A7C15L);
    }

    /**
     * Loss, dropout and update.
     *
     * @param layers how many are not frozen
     * @param answered how many examples were, so far
     * @param drift what learning rates are multiplied with since a drift
     * @param thawed whether a drift has all these layers learn alike
     * @param place among the steps since the last update, from 1
     */
    StepSettings settings(int layers, long answered, double drift, boolean thawed, long place) {
        return new StepSettings(
                recipe.loss(),
                new Dropout(recipe.dropout(), recipe.headDropout(), seed()),
                new Update(
                        recipe.optimizer(),
                        rates(layers, answered, drift, thawed),
                        recipe.weightDecay(),
                        recipe.gradientClip(),
                        Math.min(recipe.averageDecay(), (1.0 + number) / (10.0 + number)),
                        Accumulation.at(recipe.accumulation(), place)));
    }

    private Rates rates(int layers, long answered, double drift, boolean thawed) {
        double factor = recipe.rateFactor(number) * drift;
        double encoder = factor * recipe.encoderLearningRate();
        double head = factor * recipe.headLearningRate();
        return thawed
                ? Rates.uniform(layers, encoder, head)
                : Rates.decaying(layers, recipe.thawedLayers(layers, answered), encoder, recipe.layerDecay(), head);
    }

    /**
     * What is kept of the answers to fresh examples, to be distilled when they are rehearsed.
     *
     * @param logits of the whole mini-batch, row after row
     */
    List<Logits> kept(ExampleBatch batch, float[] logits) {
        return recipe.loss().distillation() > 0
                ? batch.freshLogits(logits)
                : Collections.nCopies(batch.fresh(), Logits.NONE);
    }

    /**
     * What a mini-batch teaches.
     *
     * @param targets for each row the index of its label, all of them known
     * @param past by which rare labels are told
     */
    Targets targets(ExampleBatch batch, int[] targets, Labels labels, Rehearsal past) {
        float[] weights = new float[batch.size()];
        boolean[] fresh = new boolean[batch.size()];
        for (int row = 0; row < weights.length; row++) {
            weights[row] = (float) Math.min(Math.max(batch.at(row).weight(), LEAST_WEIGHT), MOST_WEIGHT);
            fresh[row] = batch.isFresh(row);
        }
        if (recipe.isBalanced()) {
            balance(targets, weights, labels, past);
        }
        return Targets.of(ExampleBatch.wide(targets), weights)
                .withFresh(fresh)
                .withKnownLogits(IntStream.range(0, batch.size())
                        .mapToObj(row -> batch.known(row).values())
                        .toList());
    }

    /** Has all labels count alike, by how many of each are remembered, as far as a factor of ten can do it. */
    private static void balance(int[] targets, float[] weights, Labels labels, Rehearsal past) {
        long[] counts = new long[labels.size()];
        Arrays.fill(counts, 1);
        for (int label = 0; label < counts.length; label++) {
            counts[label] += past.count(labels.inOrder().get(label));
        }
        double mean = (double) Arrays.stream(counts).sum() / counts.length;
        for (int row = 0; row < targets.length; row++) {
            weights[row] *= (float) Math.min(MOST_BALANCE, mean / counts[targets[row]]);
        }
    }
}
