package dev.millrace.trainer;

import java.nio.DoubleBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * What linear discriminant analysis knows about the examples so far: how many each label has, their mean, and how they
 * scatter around the means of their labels. Updating one by one gives what a computation over all at once would give.
 */
final class LdaStatistics {

    private final int dimension;
    private long[] counts = new long[0];
    private double[][] means = new double[0][];

    /** The lower triangle of the sum over all examples of the outer product of their distance from their label's mean. */
    private final double[][] scatter;

    private long size;

    LdaStatistics(int dimension) {
        if (dimension < 1) {
            throw new IllegalArgumentException("dimension must be >= 1, but is " + dimension);
        }
        this.dimension = dimension;
        scatter = new double[dimension][];
        for (int i = 0; i < dimension; i++) {
            scatter[i] = new double[i + 1];
        }
    }

    /**
     * What {@link #counts}, {@link #means} and {@link #scatter} gave.
     *
     * @param counts {@code [labels]}
     * @param means {@code [labels * dimension]}, label after label
     * @param scatter the rows of the lower triangle, one after the other
     */
    static LdaStatistics of(int dimension, LongBuffer counts, DoubleBuffer means, DoubleBuffer scatter) {
        LdaStatistics statistics = new LdaStatistics(dimension);
        statistics.grow(counts.remaining() - 1);
        counts.get(statistics.counts);
        statistics.size = Arrays.stream(statistics.counts).sum();
        for (double[] mean : statistics.means) {
            means.get(mean);
        }
        for (double[] row : statistics.scatter) {
            scatter.get(row);
        }
        return statistics;
    }

    /** Takes an example in, by Welford's update. The scatter then is exact; that of the paper also counts old means. */
    void learn(float[] embedding, int label) {
        grow(label);
        double[] mean = means[label];
        double[] distance = new double[dimension];
        for (int i = 0; i < dimension; i++) {
            distance[i] = embedding[i] - mean[i];
        }
        double weight = (double) counts[label] / (counts[label] + 1);
        if (weight > 0) {
            for (int i = 0; i < dimension; i++) {
                addScaled(scatter[i], weight * distance[i], distance);
            }
        }
        counts[label]++;
        size++;
        addScaled(mean, 1.0 / counts[label], distance);
    }

    private static void addScaled(double[] sums, double factor, double[] values) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += factor * values[i];
        }
    }

    private void grow(int label) {
        if (label >= counts.length) {
            int known = counts.length;
            counts = Arrays.copyOf(counts, label + 1);
            means = Arrays.copyOf(means, label + 1);
            for (int i = known; i <= label; i++) {
                means[i] = new double[dimension];
            }
        }
    }

    long[] counts() {
        return counts.clone();
    }

    /** {@return the means, label after label} */
    double[] means() {
        return Arrays.stream(means).flatMapToDouble(Arrays::stream).toArray();
    }

    /** {@return the rows of the lower triangle of the scatter, one after the other} */
    double[] scatter() {
        return Arrays.stream(scatter).flatMapToDouble(Arrays::stream).toArray();
    }

    int dimension() {
        return dimension;
    }

    /** {@return how many examples there were} */
    long size() {
        return size;
    }

    /** {@return one more than the highest label so far} */
    int labels() {
        return counts.length;
    }

    boolean knows(int label) {
        return counts[label] > 0;
    }

    double mean(int label, int i) {
        return means[label][i];
    }

    /** {@return an element of the covariance that all labels share} */
    double covariance(int i, int j) {
        return (i >= j ? scatter[i][j] : scatter[j][i]) / size;
    }

    /** {@return the mean variance of one dimension} */
    double meanVariance() {
        double trace = 0;
        for (int i = 0; i < dimension; i++) {
            trace += scatter[i][i];
        }
        return trace / dimension / size;
    }
}
