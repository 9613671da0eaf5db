package dev.millrace.trainer;

/**
 * When a solution is old enough to be computed again: after so many examples, and early on whenever the examples have
 * doubled.
 */
final class RefreshSchedule {

    /** How many examples may be learned until a solution is computed again, where nobody says otherwise. */
    static final int DEFAULT_REFRESH = 32;

    private final int refresh;
    private long solvedAt;

    RefreshSchedule(int refresh) {
        if (refresh < 1) {
            throw new IllegalArgumentException("refresh must be >= 1, but is " + refresh);
        }
        this.refresh = refresh;
    }

    /** {@return whether to solve now; if so, the next solution is due later} */
    boolean due(long size) {
        boolean due = size - solvedAt >= Math.min(refresh, Math.max(1, solvedAt));
        if (due) {
            solvedAt = size;
        }
        return due;
    }
}
