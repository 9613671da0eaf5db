package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.List;

/**
 * Multinomial logistic regression, learned by stochastic gradient descent with the rates of AdaGrad (Duchi, Hazan and
 * Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization").
 *
 * <p>Embeddings are scaled to length 1, and each label has a bias. One example is one step: with g the gradient of the
 * cross-entropy and G the sum of its squares so far, each weight moves by −η g / (√G + 1e-8). A label that comes later
 * starts at zero.
 */
public final class LogisticRegression implements FrozenLearner {

    private static final double DEFAULT_RATE = 0.3;
    private static final double EPSILON = 1e-8;

    private final int dimension;
    private final double rate;
    private final List<Row> rows = new ArrayList<>();

    /** The weights of a label, the bias last, and the squares of their gradients so far. */
    private static final class Row {

        private final double[] weights;
        private final double[] squares;
        private boolean learned;

        private Row(int dimension) {
            weights = new double[dimension + 1];
            squares = new double[dimension + 1];
        }

        private double logit(float[] direction) {
            double sum = weights[direction.length];
            for (int i = 0; i < direction.length; i++) {
                sum += weights[i] * direction[i];
            }
            return sum;
        }

        private void step(float[] direction, double error, double rate) {
            for (int i = 0; i < weights.length; i++) {
                double gradient = i < direction.length ? error * direction[i] : error;
                squares[i] += gradient * gradient;
                weights[i] -= rate * gradient / (Math.sqrt(squares[i]) + EPSILON);
            }
        }
    }

    /**
     * A learner that has seen nothing, with a rate of 0.3, which was best over three streams of 4,000 examples together.
     *
     * @param dimension of the embeddings
     */
    public LogisticRegression(int dimension) {
        this(dimension, DEFAULT_RATE);
    }

    /**
     * A learner that has seen nothing.
     *
     * @param dimension of the embeddings, at least 1
     * @param rate η, above 0: how far a weight moves at its first step
     */
    public LogisticRegression(int dimension, double rate) {
        if (dimension < 1) {
            throw new IllegalArgumentException("dimension must be >= 1, but is " + dimension);
        }
        if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("rate must be > 0 and finite, but is " + rate);
        }
        this.dimension = dimension;
        this.rate = rate;
    }

    @Override
    public String name() {
        return "logistic-regression";
    }

    @Override
    public int predict(float[] embedding) {
        float[] direction = Embedding.normalised(embedding, dimension);
        int best = -1;
        double highest = Double.NEGATIVE_INFINITY;
        for (int label = 0; label < rows.size(); label++) {
            double logit = rows.get(label).logit(direction);
            if (rows.get(label).learned && logit > highest) {
                best = label;
                highest = logit;
            }
        }
        return best;
    }

    @Override
    public void learn(float[] embedding, int label) {
        Embedding.checkedLabel(label);
        float[] direction = Embedding.normalised(embedding, dimension);
        while (rows.size() <= label) {
            rows.add(new Row(dimension));
        }
        rows.get(label).learned = true;
        double[] shares = shares(direction);
        for (int row = 0; row < shares.length; row++) {
            if (rows.get(row).learned) {
                rows.get(row).step(direction, shares[row] - (row == label ? 1 : 0), rate);
            }
        }
    }

    /** The softmax over the labels that were learned; zero for the others. */
    private double[] shares(float[] direction) {
        double[] shares = new double[rows.size()];
        double highest = Double.NEGATIVE_INFINITY;
        for (int row = 0; row < shares.length; row++) {
            shares[row] = rows.get(row).learned ? rows.get(row).logit(direction) : Double.NEGATIVE_INFINITY;
            highest = Math.max(highest, shares[row]);
        }
        double sum = 0;
        for (int row = 0; row < shares.length; row++) {
            shares[row] = Math.exp(shares[row] - highest);
            sum += shares[row];
        }
        for (int row = 0; row < shares.length; row++) {
            shares[row] /= sum;
        }
        return shares;
    }
}
