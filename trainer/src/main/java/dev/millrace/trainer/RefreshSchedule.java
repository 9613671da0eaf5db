package dev.millrace.trainer;

/**
 * When a solution is old enough to be computed again: after so many examples, and early on whenever the examples have
 * doubled.
 */
final class RefreshSchedule {

    /** How many examples may be learned until a solution is computed again, where nobody says otherwise. */
    static final int DEFAULT_REFRESH = 32;

    private final int refresh;
    private final double growth;
    private long solvedAt;

    RefreshSchedule(int refresh) {
        this(refresh, 0, 0);
    }

    /**
     * A schedule whose pauses grow with what is known, so that the cost of one example stays bounded.
     *
     * @param refresh examples of a pause, 1 or more
     * @param growth the least pause as a share of the examples so far
     * @param solvedAt how many examples there were at the last solution
     */
    RefreshSchedule(int refresh, double growth, long solvedAt) {
        if (refresh < 1) {
            throw new IllegalArgumentException("refresh must be >= 1, but is " + refresh);
        }
        this.refresh = refresh;
        this.growth = growth;
        this.solvedAt = solvedAt;
    }

    /** {@return whether to solve now; if so, the next solution is due later} */
    boolean due(long size) {
        double pause = Math.max(refresh, growth * solvedAt);
        boolean due = size - solvedAt >= Math.min(pause, (double) Math.max(1, solvedAt));
        if (due) {
            solvedAt = size;
        }
        return due;
    }

    /** Notes a solution that nobody waited for. */
    void solved(long size) {
        solvedAt = size;
    }

    long solvedAt() {
        return solvedAt;
    }
}
