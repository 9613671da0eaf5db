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
        return Optional.ofNullable(current.get()).map(Serving::version);
    }

    /** Puts a version in the place of the one before it. After {@link #close} it is closed at once. */
    synchronized void swap(VersionRecord version, T value) {
        Serving<T> next = new Serving<>(version, value);
        if (closed) {
            next.release();
            return;
        }
        Serving<T> before = current.getAndSet(next);
        if (before != null) {
            before.release();
        }
    }

    /** Takes the version out; it is closed when its last use ends. */
    @Override
    public synchronized void close() {
        closed = true;
        Serving<T> last = current.getAndSet(null);
        if (last != null) {
            last.release();
        }
    }
}
