package dev.millrace.trainer;

import java.time.Duration;

/** When something that failed is tried again: after a second, then each time after twice as long, at most half a minute. */
final class Backoff {

    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofSeconds(30);

    private int failures;
    private long notBeforeNanos;

    /** Whether it may be tried at a moment: always, as long as it has not failed. */
    boolean isOver(long nowNanos) {
        return failures == 0 || nowNanos - notBeforeNanos >= 0;
    }

    /**
     * It failed at a moment.
     *
     * @return how long to wait from then on
     */
    Duration failed(long nowNanos) {
        // 2^5 seconds are beyond the longest already.
        Duration wait = FIRST.multipliedBy(1L << Math.min(failures, 5));
        wait = wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
        failures++;
        notBeforeNanos = nowNanos + wait.toNanos();
        return wait;
    }
}
