package dev.millrace.trainer;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/** Does each task at once, on the caller's thread, so that a test knows when it is done; or not at all, while held. */
final class DirectExecutor extends AbstractExecutorService {

    private final int done;
    private boolean held;
    private int tasks;
    private boolean shutdown;

    /** Does everything. */
    DirectExecutor() {
        this(Integer.MAX_VALUE);
    }

    /** Does so many tasks, and leaves out those that follow until it is released. */
    DirectExecutor(int done) {
        this.done = done;
        this.held = true;
    }

    void release() {
        held = false;
    }

    @Override
    public void execute(Runnable task) {
        tasks++;
        if (!held || tasks <= done) {
            task.run();
        }
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
