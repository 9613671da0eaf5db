package dev.millrace.registry;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to use a version until it is closed, whatever is swapped meanwhile. To be closed soon: a version that was
 * replaced keeps its memory until its last lease is closed. May be passed between threads.
 *
 * @param <T> what serves
 */
public final class Lease<T extends AutoCloseable> implements Served<T>, AutoCloseable {

    private final Serving<T> serving;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(Serving<T> serving) {
        this.serving = serving;
    }

    @Override
    public VersionRecord version() {
        return serving.version();
    }

    @Override
    public T value() {
        if (closed.get()) {
            throw new IllegalStateException("the lease of version " + version().version() + " is closed");
        }
        return serving.value();
    }

    /** Ends the use. A second call does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            serving.release();
        }
    }
}
