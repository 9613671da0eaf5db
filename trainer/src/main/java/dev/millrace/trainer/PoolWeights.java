package dev.millrace.trainer;

import dev.millrace.model.OpinionPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * How much each opinion weighs, learned from the answers as they are found right or wrong: after each mini-batch one
 * Newton step on the log loss of the pooled answer, with what older answers say of the curvature fading. Log loss makes
 * the weights calibrate the confidences as well (a temperature each: Guo et al. 2017). Immutable.
 *
 * @param weights one an opinion
 * @param curvature of the log loss, {@code [opinions * opinions]}
 */
record PoolWeights(List<Double> weights, List<Double> curvature) {

    /** As much as this many examples of curvature 1 holds the weights where they begin. */
    private static final double INERTIA = 50;

    /** What remains of an answer's curvature after one more answer. */
    private static final double FADING = 0.99875;

    private static final double MOST = 4;

    PoolWeights {
        weights = List.copyOf(weights);
        curvature = List.copyOf(curvature);
    }

    static PoolWeights of(List<Double> initial) {
        int opinions = initial.size();
        List<Double> curvature = new ArrayList<>();
        for (int i = 0; i < opinions * opinions; i++) {
            curvature.add(i % (opinions + 1) == 0 ? INERTIA : 0);
        }
        return new PoolWeights(initial, curvature);
    }

    OpinionPool pool() {
        return new OpinionPool(weights);
    }

    /**
     * Learns from answers.
     *
     * @param answers for each text an opinion a weight: natural logarithms of each label's probability
     * @param labels for each text the index of the right label
     * @return weights with which those answers would have been better
     */
    PoolWeights learn(List<List<double[]>> answers, int[] labels) {
        int opinions = weights.size();
        double kept = Math.pow(FADING, answers.size());
        DMatrixRMaj hessian = new DMatrixRMaj(opinions, opinions);
        for (int i = 0; i < curvature.size(); i++) {
            double resting = i % (opinions + 1) == 0 ? INERTIA : 0;
            hessian.data[i] = kept * curvature.get(i) + (1 - kept) * resting;
        }
        DMatrixRMaj gradient = new DMatrixRMaj(opinions, 1);
        OpinionPool pool = pool();
        for (int text = 0; text < labels.length; text++) {
            add(hessian, gradient, answers.get(text), pool.pool(answers.get(text)), labels[text]);
        }
        DMatrixRMaj step = new DMatrixRMaj(opinions, 1);
        if (!CommonOps_DDRM.solve(hessian, gradient, step)) {
            return this;
        }
        List<Double> moved = new ArrayList<>();
        for (int i = 0; i < opinions; i++) {
            moved.add(Math.min(MOST, Math.max(0, weights.get(i) - step.get(i))));
        }
        return new PoolWeights(moved, Arrays.stream(hessian.data).boxed().toList());
    }

    private static void add(
            DMatrixRMaj hessian, DMatrixRMaj gradient, List<double[]> opinions, double[] pooled, int label) {
        int count = opinions.size();
        double[] means = new double[count];
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < pooled.length; k++) {
                means[i] += pooled[k] * said(opinions.get(i), k);
            }
            gradient.data[i] += means[i] - said(opinions.get(i), label);
        }
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                double covariance = 0;
                for (int k = 0; k < pooled.length; k++) {
                    covariance +=
                            pooled[k] * (said(opinions.get(i), k) - means[i]) * (said(opinions.get(j), k) - means[j]);
                }
                hessian.data[i * count + j] += covariance;
            }
        }
    }

    private static double said(double[] opinion, int label) {
        return Math.max(OpinionPool.FLOOR, opinion[label]);
    }
}
