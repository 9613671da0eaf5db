package dev.millrace.trainer;

import org.jspecify.annotations.Nullable;

/**
 * Streaming linear discriminant analysis (Hayes and Kanan 2020, "Lifelong machine learning with deep streaming linear
 * discriminant analysis"): running means of the labels, one running covariance within them, and a linear classifier from
 * both.
 *
 * <p>Embeddings are scaled to length 1. With Σ the covariance, d its dimension and ε the shrinkage,
 * Λ = ((1 − ε) Σ + ε tr(Σ)/d I)⁻¹; label k scores μₖᵀΛx − ½ μₖᵀΛμₖ. The shrinkage is relative to the mean variance,
 * so that one value means the same for each encoder. The classifier is computed again when a prediction asks for it,
 * after each {@code refresh} examples (and earlier among the first).
 */
public final class StreamingLda implements FrozenLearner {

    private final LdaStatistics statistics;
    private final double shrinkage;
    private final RefreshSchedule schedule;
    private @Nullable LdaSolution solution;

    /**
     * A learner that has seen nothing, and computes its classifier again every 32 examples.
     *
     * @param dimension of the embeddings
     * @param shrinkage ε, above 0 and at most 1: how far the covariance is drawn towards a multiple of the identity
     */
    public StreamingLda(int dimension, double shrinkage) {
        this(dimension, shrinkage, RefreshSchedule.DEFAULT_REFRESH);
    }

    /**
     * A learner that has seen nothing.
     *
     * @param dimension of the embeddings
     * @param shrinkage ε, above 0 and at most 1: how far the covariance is drawn towards a multiple of the identity
     * @param refresh how many examples may be learned until the classifier is computed again, 1 or more
     */
    public StreamingLda(int dimension, double shrinkage, int refresh) {
        if (!(shrinkage > 0 && shrinkage <= 1)) {
            throw new IllegalArgumentException("shrinkage must be > 0 and <= 1, but is " + shrinkage);
        }
        this.statistics = new LdaStatistics(dimension);
        this.shrinkage = shrinkage;
        this.schedule = new RefreshSchedule(refresh);
    }

    @Override
    public String name() {
        return "streaming-lda-" + shrinkage;
    }

    @Override
    public void learn(float[] embedding, int label) {
        Embedding.checkedLabel(label);
        float[] direction = Embedding.normalised(embedding, statistics.dimension());
        solveWhenDue();
        statistics.learn(direction, label);
    }

    @Override
    public int predict(float[] embedding) {
        float[] direction = Embedding.normalised(embedding, statistics.dimension());
        solveWhenDue();
        return solution == null ? -1 : solution.predict(direction);
    }

    /** Asked before each example is learned as well: when to solve must not depend on who predicts. */
    private void solveWhenDue() {
        if (schedule.due(statistics.size())) {
            solution = LdaSolution.of(statistics, shrinkage);
        }
    }
}
