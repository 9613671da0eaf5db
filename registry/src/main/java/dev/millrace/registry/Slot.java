package dev.millrace.registry;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Where the version stands that serves now. Swapping takes no lock of those who use it. Thread-safe. */
final class Slot<T extends AutoCloseable> implements AutoCloseable {

    private final AtomicReference<@Nullable Serving<T>> current = new AtomicReference<>();
    private boolean closed;

    Optional<Lease<T>> acquire() {
        while (true) {
            Serving<T> serving = current.get();
            if (serving == null) {
                return Optional.empty();
            }
            if (serving.retain()) {
                return Optional.of(new Lease<>(serving));
            }
            // It was swapped out and its last use ended in between: the next one stands here already.
        }
    }

    Optional<VersionRecord> version() {
        return serving().map(Serving::version);
    }

    Optional<Serving<T>> serving() {
        return Optional.ofNullable(current.get());
    }

    /** Puts a version in the place of the one before it. After {@link #close} it is closed at once. */
    void swap(VersionRecord version, T value) {
        Serving<T> next = new Serving<>(version, value);
        swap(next);
        next.release();
    }

    /** Puts what somebody holds in the place of what was there. After {@link #close} it does nothing. */
    synchronized void swap(Serving<T> next) {
        if (!closed && next.retain()) {
            release(current.getAndSet(next));
        }
    }

    /** Takes the version out; it is closed when its last use ends. */
    void clear() {
        release(current.getAndSet(null));
    }

    /** Takes the version out, and lets no other in. */
    @Override
    public synchronized void close() {
        closed = true;
        clear();
    }

    private static void release(@Nullable Serving<?> before) {
        if (before != null) {
            before.release();
        }
    }
}
