package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link StreamingLda} with several shrinkages over the same statistics. Each example is first answered with every one of
 * them; whichever has been right most often answers for all, so that no shrinkage need be known beforehand. Of equally
 * good ones the largest answers: it is the safest while examples are few.
 */
public final class AutoShrinkageLda implements FrozenLearner {

    private static final List<Double> SHRINKAGES = List.of(0.02, 0.1, 0.3);

    private final LdaStatistics statistics;
    private final RefreshSchedule schedule;
    private final List<Candidate> candidates = new ArrayList<>();

    /**
     * A learner that has seen nothing: shrinkages 0.02, 0.1 and 0.3, classifiers computed again every 32 examples.
     *
     * @param dimension of the embeddings
     */
    public AutoShrinkageLda(int dimension) {
        this(dimension, SHRINKAGES, RefreshSchedule.DEFAULT_REFRESH);
    }

    /**
     * A learner that has seen nothing.
     *
     * @param dimension of the embeddings
     * @param shrinkages to try, ascending, each above 0 and at most 1
     * @param refresh how many examples may be learned until the classifiers are computed again, 1 or more
     */
    public AutoShrinkageLda(int dimension, List<Double> shrinkages, int refresh) {
        if (shrinkages.isEmpty()) {
            throw new IllegalArgumentException("shrinkages must not be empty");
        }
        double previous = 0;
        for (double shrinkage : shrinkages) {
            if (!(shrinkage > previous && shrinkage <= 1)) {
                throw new IllegalArgumentException("shrinkages must ascend, each > 0 and <= 1, but are " + shrinkages);
            }
            candidates.add(new Candidate(shrinkage));
            previous = shrinkage;
        }
        this.statistics = new LdaStatistics(dimension);
        this.schedule = new RefreshSchedule(refresh);
    }

    @Override
    public String name() {
        return "streaming-lda";
    }

    /** {@return the shrinkage that answers now} */
    public double shrinkage() {
        return best().shrinkage;
    }

    @Override
    public void learn(float[] embedding, int label) {
        Embedding.checkedLabel(label);
        float[] direction = Embedding.normalised(embedding, statistics.dimension());
        solveWhenDue();
        for (Candidate candidate : candidates) {
            if (candidate.predict(direction) == label) {
                candidate.correct++;
            }
        }
        statistics.learn(direction, label);
    }

    @Override
    public int predict(float[] embedding) {
        float[] direction = Embedding.normalised(embedding, statistics.dimension());
        solveWhenDue();
        return best().predict(direction);
    }

    private void solveWhenDue() {
        if (schedule.due(statistics.size())) {
            for (Candidate candidate : candidates) {
                candidate.solution = LdaSolution.of(statistics, candidate.shrinkage);
            }
        }
    }

    private Candidate best() {
        Candidate best = candidates.get(0);
        for (Candidate candidate : candidates) {
            if (candidate.correct >= best.correct) {
                best = candidate;
            }
        }
        return best;
    }

    /** A shrinkage, its classifier, and how often it was right before it learned. */
    private static final class Candidate {

        private final double shrinkage;
        private @Nullable LdaSolution solution;
        private long correct;

        private Candidate(double shrinkage) {
            this.shrinkage = shrinkage;
        }

        private int predict(float[] direction) {
            return solution == null ? -1 : solution.predict(direction);
        }
    }
}
