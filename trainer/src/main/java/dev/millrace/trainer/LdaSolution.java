package dev.millrace.trainer;

import dev.millrace.model.Voters;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/** The linear classifier that statistics of some moment amount to. Immutable. */
final class LdaSolution {

    /** The labels it can answer; each has one of the weights and one of the biases. */
    private final int[] labels;

    private final double[][] weights;
    private final double[] biases;

    private LdaSolution(int[] labels, double[][] weights, double[] biases) {
        this.labels = labels;
        this.weights = weights;
        this.biases = biases;
    }

    /**
     * Solves for the classifier.
     *
     * @param statistics of at least one example
     * @param shrinkage above 0, at most 1
     */
    static LdaSolution of(LdaStatistics statistics, double shrinkage) {
        int dimension = statistics.dimension();
        int[] labels = IntStream.range(0, statistics.labels())
                .filter(statistics::knows)
                .toArray();
        DMatrixRMaj means = new DMatrixRMaj(dimension, labels.length);
        for (int i = 0; i < dimension; i++) {
            for (int k = 0; k < labels.length; k++) {
                means.set(i, k, statistics.mean(labels[k], i));
            }
        }
        DMatrixRMaj solved = new DMatrixRMaj(dimension, labels.length);
        LinearSolverDense<DMatrixRMaj> cholesky = LinearSolverFactory_DDRM.chol(dimension);
        if (!cholesky.setA(shrunk(statistics, shrinkage))) {
            throw new IllegalStateException("the covariance of " + statistics.size()
                    + " examples is not positive definite with shrinkage " + shrinkage + "; use a larger one");
        }
        cholesky.solve(means, solved);

        double[][] weights = new double[labels.length][dimension];
        double[] biases = new double[labels.length];
        for (int k = 0; k < labels.length; k++) {
            for (int i = 0; i < dimension; i++) {
                weights[k][i] = solved.get(i, k);
                biases[k] -= means.get(i, k) * solved.get(i, k) / 2;
            }
        }
        return new LdaSolution(labels, weights, biases);
    }

    private static DMatrixRMaj shrunk(LdaStatistics statistics, double shrinkage) {
        int dimension = statistics.dimension();
        double variance = statistics.meanVariance();
        DMatrixRMaj covariance = new DMatrixRMaj(dimension, dimension);
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j <= i; j++) {
                double value = (1 - shrinkage) * statistics.covariance(i, j);
                covariance.set(i, j, value);
                covariance.set(j, i, value);
            }
            // Nothing varies before a label has two different examples: the nearest mean is the answer then.
            covariance.add(i, i, variance > 0 ? shrinkage * variance : 1);
        }
        return covariance;
    }

    /**
     * The classifier with a row for each label.
     *
     * @param count of labels, at least as many as there were
     * @return for each label its weights, then its bias
     */
    float[][] rows(int count) {
        int columns = weights.length == 0 ? 1 : weights[0].length + 1;
        float[][] rows = new float[count][columns];
        for (float[] row : rows) {
            row[columns - 1] = Voters.UNKNOWN;
        }
        for (int k = 0; k < labels.length; k++) {
            float[] row = rows[labels[k]];
            for (int i = 0; i < columns - 1; i++) {
                row[i] = (float) weights[k][i];
            }
            row[columns - 1] = (float) biases[k];
        }
        return rows;
    }

    /** {@return the label with the highest score; of equal ones the lowest} */
    int predict(float[] embedding) {
        int best = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < labels.length; k++) {
            double score = biases[k];
            double[] row = weights[k];
            for (int i = 0; i < row.length; i++) {
                score += row[i] * embedding[i];
            }
            if (score > highest) {
                highest = score;
                best = k;
            }
        }
        return labels[best];
    }
}
