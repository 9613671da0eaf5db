package dev.millrace.model;

import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What one training step does, apart from what it learns: loss, dropout, and update of the weights. Immutable.
 *
 * @param loss what is minimized
 * @param dropout while it is computed
 * @param update of the weights
 */
public record StepSettings(Loss loss, Dropout dropout, Update update) {

    /**
     * A step that minimizes the cross-entropy, without dropout.
     *
     * @param labelSmoothing share of the target that is spread over all labels, 0 to below 1
     * @param update of the weights
     * @return it
     */
    public static StepSettings plain(double labelSmoothing, Update update) {
        return new StepSettings(Loss.crossEntropy(labelSmoothing), Dropout.NONE, update);
    }

    /**
     * What is minimized: the weighted mean of the cross-entropies, and terms beside it.
     *
     * @param labelSmoothing share of the target that is spread over all labels, 0 to below 1
     * @param asymmetric whether fresh examples are compared with the labels of fresh examples only (ER-ACE, Caccia et
     *     al. 2022); smoothing then spreads over those. Needs {@link Targets#fresh}
     * @param distillation weight of the mean squared distance from {@link Targets#knownLogits} (DER++, Buzzega et al.
     *     2020); 0 for none
     * @param contrast weight of the supervised contrastive loss of the embeddings, temperature 0.1 (Khosla et al. 2020);
     *     0 for none
     */
    public record Loss(double labelSmoothing, boolean asymmetric, double distillation, double contrast) {

        public Loss {
            requireShare("labelSmoothing", labelSmoothing);
            requireWeight("distillation", distillation);
            requireWeight("contrast", contrast);
        }

        /**
         * The cross-entropy alone.
         *
         * @param labelSmoothing share of the target that is spread over all labels
         * @return it
         */
        public static Loss crossEntropy(double labelSmoothing) {
            return new Loss(labelSmoothing, false, 0, 0);
        }
    }

    /**
     * Elements that a step leaves out at random (Srivastava et al. 2014). The same seed leaves out the same.
     *
     * @param encoder share of what the sublayers of the trained layers add, 0 to below 1
     * @param head share of what goes into each layer of the head, 0 to below 1
     * @param seed of this step
     */
    public record Dropout(double encoder, double head, long seed) {

        /** Nothing is left out. */
        public static final Dropout NONE = new Dropout(0, 0, 0);

        public Dropout {
            requireShare("encoder", encoder);
            requireShare("head", head);
        }

        /** The program numbers its places from this on; neighbouring seeds must not meet there. */
        long mixedSeed() {
            return new SplittableRandom(seed).nextLong() >>> 1;
        }
    }

    /** How gradients become updates; weight decay is apart from the gradient in each (Loshchilov and Hutter 2019). */
    public enum Optimizer {
        /** AdamW, betas 0.9 and 0.999 (Loshchilov and Hutter 2019). */
        ADAMW(0),
        /** Stochastic gradient descent with momentum 0.9. */
        SGD(1),
        /** Lion, betas 0.9 and 0.99 (Chen et al. 2023): the sign of an average; wants a tenth of AdamW's rate. */
        LION(2),
        /**
         * Schedule-free AdamW, betas 0.9 and 0.999 (Defazio et al. 2024). The average is part of it: it is the mean of all
         * weights of the base sequence, as in the paper, whatever {@link Update#averageDecay} says; what is trained lies
         * near the average, and the first moment holds how far the base sequence is from it.
         */
        SCHEDULE_FREE(3);

        private final int code;

        Optimizer(int code) {
            this.code = code;
        }
    }

    /**
     * Learning rates (discriminative fine-tuning, Howard and Ruder 2018). A layer without a rate stays as it is, moments
     * and average too; below the lowest layer that has one, nothing is differentiated.
     *
     * @param layers of each layer above the frozen ones, the lowest first; each 0 or more
     * @param head of the head
     */
    public record Rates(List<Double> layers, double head) {

        public Rates {
            layers = List.copyOf(layers);
            layers.forEach(rate -> requireWeight("the rate of a layer", rate));
            requireWeight("the rate of the head", head);
        }

        /** {@return how many layers there are below the lowest that has a rate} */
        public int still() {
            return (int) layers.stream().takeWhile(rate -> rate == 0).count();
        }

        /**
         * The same rate for all layers.
         *
         * @param layers how many there are above the frozen ones
         * @param encoder their rate
         * @param head the head's
         * @return the rates
         */
        public static Rates uniform(int layers, double encoder, double head) {
            return new Rates(Collections.nCopies(layers, encoder), head);
        }

        /**
         * Rates that fall from the top down, for the layers that are thawed (gradual unfreezing).
         *
         * @param layers how many there are above the frozen ones
         * @param thawed how many of these learn, from the top; the others have no rate
         * @param top the rate of the topmost
         * @param decay what a layer's rate is multiplied with to get that of the layer below
         * @param head the head's
         * @return the rates
         */
        public static Rates decaying(int layers, int thawed, double top, double decay, double head) {
            return new Rates(
                    IntStream.range(0, layers)
                            .map(layer -> layers - 1 - layer)
                            .mapToObj(depth -> depth < thawed ? top * Math.pow(decay, depth) : 0)
                            .toList(),
                    head);
        }
    }

    /**
     * Several mini-batches that make one update of their mean gradient.
     *
     * @param place of this one among them, from 1
     * @param last whether this is the last of them, after which weights are updated
     */
    public record Accumulation(long place, boolean last) {

        /** Each mini-batch makes an update. */
        public static final Accumulation NONE = new Accumulation(1, true);

        public Accumulation {
            if (place < 1) {
                throw new IllegalArgumentException("place must be >= 1, but is " + place);
            }
        }

        /**
         * Where a mini-batch stands.
         *
         * @param miniBatches that make one update; where more are waiting already, this one is the last
         * @param place among those since the last update, from 1
         * @return it
         */
        public static Accumulation at(int miniBatches, long place) {
            return new Accumulation(place, place >= miniBatches);
        }
    }

    /**
     * How weights and averages change.
     *
     * @param optimizer which
     * @param rates of learning
     * @param weightDecay what a weight loses of itself, times the learning rate
     * @param gradientClip the longest gradient that is applied as it is; longer ones are scaled down to this norm
     * @param averageDecay of the exponential moving average of the weights, where the optimizer has none of its own
     * @param accumulation over several steps
     */
    public record Update(
            Optimizer optimizer,
            Rates rates,
            double weightDecay,
            double gradientClip,
            double averageDecay,
            Accumulation accumulation) {

        public Update {
            requireWeight("weightDecay", weightDecay);
        }

        /**
         * AdamW, each step.
         *
         * @param rates of learning
         * @param weightDecay what a weight loses of itself, times the learning rate
         * @param gradientClip the longest gradient that is applied as it is
         * @param averageDecay of the exponential moving average of the weights
         * @return the update
         */
        public static Update adamw(Rates rates, double weightDecay, double gradientClip, double averageDecay) {
            return new Update(Optimizer.ADAMW, rates, weightDecay, gradientClip, averageDecay, Accumulation.NONE);
        }
    }

    /** The scalars of the program's step, in its order, last the rates of the layers from one on. */
    float[] scalars(int lowest) {
        List<Double> layers = update.rates.layers.subList(lowest, update.rates.layers.size());
        double[] fixed = {
            loss.labelSmoothing,
            loss.asymmetric ? 1 : 0,
            loss.distillation,
            loss.contrast,
            dropout.encoder,
            dropout.head,
            update.optimizer.code,
            update.gradientClip,
            update.weightDecay,
            update.averageDecay,
            1.0 / update.accumulation.place,
            update.accumulation.last ? 1 : 0,
            update.rates.head
        };
        float[] scalars = new float[fixed.length + layers.size()];
        for (int i = 0; i < scalars.length; i++) {
            scalars[i] = (float) (i < fixed.length ? fixed[i] : layers.get(i - fixed.length));
        }
        return scalars;
    }

    private static void requireShare(String name, double share) {
        if (!(share >= 0 && share < 1)) {
            throw new IllegalArgumentException(name + " must be in [0, 1), but is " + share);
        }
    }

    private static void requireWeight(String name, double weight) {
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw new IllegalArgumentException(name + " must be a number >= 0, but is " + weight);
        }
    }
}
