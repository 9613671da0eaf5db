package dev.millrace.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The wish of a person (Ctrl-C) or of the system (SIGTERM) that the process ends. The process then lives on until this is
 * closed, so open it first, and what was opened after it is closed in peace:
 *
 * <pre>{@code
 * try (StopSignal stop = StopSignal.listen();
 *         EmbeddedBroker broker = EmbeddedBroker.start(directory)) {
 *     stop.await();
 * }
 * }</pre>
 */
final class StopSignal implements AutoCloseable {

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::holdUntilClosed, "stop-signal");

    private StopSignal() {}

    static StopSignal listen() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** Waits until the process is asked to end. An interrupt of the thread asks for it too, and stays set. */
    void await() {
        try {
            asked.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for a while. An interrupt of the thread asks the process to end, and stays set.
     *
     * @param patience how long
     * @return whether the process was asked to end
     */
    boolean await(Duration patience) {
        try {
            return asked.await(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Whether the process was asked to end. */
    boolean isAsked() {
        return asked.getCount() == 0;
    }

    /** Lets the process end. */
    @Override
    public void close() {
        closed.countDown();
        if (!isAsked()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException alreadyEnding) {
                // The hook runs at this moment, and finds this closed.
                asked.countDown();
            }
        }
    }

    private void holdUntilClosed() {
        asked.countDown();
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
