package dev.millrace.registry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;

/**
 * How long to leave alone what has failed: twice as long after each failure in a row, up to a cap, and of that a part at
 * random between a half and all, so that many subscribers do not come back to a store at the same moment.
 *
 * @param first after the first failure, at most
 * @param cap the longest
 * @param random gives numbers from 0 to 1
 */
record Backoff(Duration first, Duration cap, DoubleSupplier random) implements IntFunction<Duration> {

    private static final int MAX_DOUBLINGS = 30;

    Backoff {
        if (first.isNegative() || first.isZero() || cap.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "first must be above zero and not above cap, but are " + first + " and " + cap);
        }
    }

    /** Of a subscription: 1 s, then twice as long each time, up to 64 s. */
    static Backoff standard() {
        return new Backoff(
                Duration.ofSeconds(1),
                Duration.ofSeconds(64),
                () -> ThreadLocalRandom.current().nextDouble());
    }

    @Override
    public Duration apply(int failures) {
        Duration whole = first.multipliedBy(1L << Math.min(Math.max(failures - 1, 0), MAX_DOUBLINGS));
        Duration longest = whole.compareTo(cap) < 0 ? whole : cap;
        return Duration.ofNanos((long) (longest.toNanos() * (0.5 + random.getAsDouble() / 2)));
    }
}
