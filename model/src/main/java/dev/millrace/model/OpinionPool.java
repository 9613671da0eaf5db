package dev.millrace.model;

import java.util.List;

/**
 * Several opinions as one: p is proportional to the product of all pₖ, each to the power of its weight (the logarithmic
 * opinion pool: Genest and Zidek 1986). With one opinion, its weight is an inverse temperature.
 *
 * @param weights one an opinion, 0 or more
 */
public record OpinionPool(List<Double> weights) {

    /** No opinion holds a label for less likely than e to this power, so that none can rule one out alone. */
    public static final double FLOOR = -12;

    public OpinionPool {
        weights = List.copyOf(weights);
        for (double weight : weights) {
            if (!(weight >= 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException("weights must be numbers >= 0, but are " + weights);
            }
        }
    }

    /**
     * Pools opinions about one text.
     *
     * @param opinions for each of {@link #weights} the natural logarithms of the probabilities of all labels
     * @return a probability for each label; their sum is 1
     */
    public double[] pool(List<double[]> opinions) {
        if (opinions.size() != weights.size()) {
            throw new IllegalArgumentException(weights.size() + " weights, but " + opinions.size() + " opinions");
        }
        double[] pooled = new double[opinions.get(0).length];
        for (int i = 0; i < weights.size(); i++) {
            for (int label = 0; label < pooled.length; label++) {
                pooled[label] += weights.get(i) * Math.max(FLOOR, opinions.get(i)[label]);
            }
        }
        return softmax(pooled);
    }

    /**
     * Turns scores into probabilities.
     *
     * @param scores one a label
     * @return their exponentials, scaled to a sum of 1
     */
    public static double[] softmax(double[] scores) {
        double highest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            highest = Math.max(highest, score);
        }
        double[] probabilities = new double[scores.length];
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            probabilities[i] = Math.exp(scores[i] - highest);
            sum += probabilities[i];
        }
        for (int i = 0; i < scores.length; i++) {
            probabilities[i] /= sum;
        }
        return probabilities;
    }
}
