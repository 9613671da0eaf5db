package dev.millrace.app;

import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Has every step take a fixed time, as if another machine computed it: the training thread waits for what the step itself
 * left of that time. Unlike other observers it holds the thread up, which is what it is for.
 *
 * @param least how long a step takes, its computing included; 0 for no wait
 * @param nanoTicker elapsed time
 */
record SteadyStep(Duration least, LongSupplier nanoTicker) implements TrainingObserver {

    @Override
    public void stepped(String model, StepReport report) {
        long left = least.minus(report.elapsed()).toNanos();
        long end = nanoTicker.getAsLong() + left;
        while (left > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(left);
            left = end - nanoTicker.getAsLong();
        }
    }
}
