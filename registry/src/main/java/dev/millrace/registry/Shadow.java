package dev.millrace.registry;

import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a version answer beside the one that serves, on a daemon thread of its own. A request that finds
 * {@value #MOST_WAITING} others waiting is dropped. Thread-safe.
 */
final class Shadow<T extends AutoCloseable> implements AutoCloseable {

    /** How many requests wait for it at most. */
    static final int MOST_WAITING = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Shadow.class);

    private static final long CLOSING_MS = 1_000;

    private final ModelAlias name;
    private final Slot<T> main;
    private final Slot<T> tried;
    private final TrialTally tally;
    private final BlockingQueue<Runnable> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread thread;
    private volatile boolean open;

    Shadow(ModelAlias name, Slot<T> main, Slot<T> tried, TrialTally tally) {
        this.name = name;
        this.main = main;
        this.tried = tried;
        this.tally = tally;
        this.thread = new Thread(this::run, "millrace-shadow-" + name.model());
        this.thread.setDaemon(true);
    }

    void start() {
        open = true;
        thread.start();
    }

    /** Has a request answered beside, soon or never; returns at once. Does nothing before {@link #start}. */
    <R> void offer(Function<? super Served<T>, R> use, R answer, BiPredicate<? super R, ? super R> same) {
        if (!open || tried.version().isEmpty() || tried.version().equals(main.version())) {
            return;
        }
        if (!waiting.offer(() -> answer(use, answer, same))) {
            tally.shadow(ShadowOutcome.DROPPED);
        }
    }

    private void run() {
        try {
            while (open) {
                waiting.take().run();
            }
        } catch (InterruptedException e) {
            LOG.debug("Nothing is tried beside {} any more", name);
        }
    }

    private <R> void answer(Function<? super Served<T>, R> use, R answer, BiPredicate<? super R, ? super R> same) {
        Optional<Lease<T>> acquired = tried.acquire();
        if (acquired.isEmpty()) {
            return;
        }
        ShadowOutcome outcome;
        try (Lease<T> lease = acquired.get()) {
            outcome = same.test(answer, use.apply(lease)) ? ShadowOutcome.AGREED : ShadowOutcome.DISAGREED;
        } catch (RuntimeException | Error e) {
            LOG.debug("What is tried beside {} has failed", name, e);
            outcome = ShadowOutcome.FAILED;
        }
        tally.shadow(outcome);
    }

    /** Asks nothing more. Waits up to 1 s for an answer that is being made. */
    @Override
    public void close() {
        boolean started = open;
        open = false;
        if (started) {
            thread.interrupt();
            try {
                thread.join(CLOSING_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
