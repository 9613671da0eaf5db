package dev.millrace.ingest;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * How fast records may be sent: as fast as it goes, or evenly at a rate.
 *
 * <p>A sender that fell behind catches up, so that the rate holds over the whole run. Not safe for use by several threads.
 */
public final class Pace {

    private final double nanosPerRecord;
    private final LongSupplier nanoClock;
    private final LongConsumer parkNanos;
    private boolean begun;
    private long start;
    private long records;

    Pace(double nanosPerRecord, LongSupplier nanoClock, LongConsumer parkNanos) {
        this.nanosPerRecord = nanosPerRecord;
        this.nanoClock = nanoClock;
        this.parkNanos = parkNanos;
    }

    /**
     * No limit.
     *
     * @return a pace that never waits
     */
    public static Pace unlimited() {
        return new Pace(0, System::nanoTime, LockSupport::parkNanos);
    }

    /**
     * A limit.
     *
     * @param recordsPerSecond above 0 and finite
     * @return a pace that waits where it is due
     */
    public static Pace perSecond(double recordsPerSecond) {
        return perSecond(recordsPerSecond, System::nanoTime, LockSupport::parkNanos);
    }

    static Pace perSecond(double recordsPerSecond, LongSupplier nanoClock, LongConsumer parkNanos) {
        if (!(recordsPerSecond > 0 && recordsPerSecond < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the rate must be above 0 records per second and finite, but is " + recordsPerSecond);
        }
        return new Pace(TimeUnit.SECONDS.toNanos(1) / recordsPerSecond, nanoClock, parkNanos);
    }

    /** Waits until the next record may be sent. Returns early when the thread is interrupted, which stays set. */
    void await() {
        if (nanosPerRecord == 0) {
            return;
        }
        if (!begun) {
            begun = true;
            start = nanoClock.getAsLong();
        }
        long due = (long) (records++ * nanosPerRecord);
        long waiting = due - (nanoClock.getAsLong() - start);
        while (waiting > 0 && !Thread.currentThread().isInterrupted()) {
            parkNanos.accept(waiting);
            waiting = due - (nanoClock.getAsLong() - start);
        }
    }
}
