package dev.millrace.trainer;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Tells an observer what the training thread does with its time, without a gap. Not thread-safe. */
final class TimeSheet {

    private final TrainingObserver observer;
    private final LongSupplier nanoTime;
    private long told;

    TimeSheet(TrainingObserver observer, LongSupplier nanoTime) {
        this.observer = observer;
        this.nanoTime = nanoTime;
        this.told = nanoTime.getAsLong();
    }

    /** Since it was told last, the thread did this. */
    void until(TrainingActivity activity) {
        long now = nanoTime.getAsLong();
        observer.spent(activity, Duration.ofNanos(now - told));
        told = now;
    }
}
