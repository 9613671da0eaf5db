package dev.millrace.registry;

import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A loaded version that counts its users, and closes itself when the last one has gone. Thread-safe. */
final class Serving<T extends AutoCloseable> {

    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

    private final VersionRecord version;
    private final T value;

    /** One for who made it, one for each slot it stands in, and one for each lease. Never leaves zero. */
    private final AtomicInteger users = new AtomicInteger(1);

    private volatile boolean closed;

    Serving(VersionRecord version, T value) {
        this.version = version;
        this.value = value;
    }

    VersionRecord version() {
        return version;
    }

    T value() {
        return value;
    }

    /** Whether its memory is free again. */
    boolean isClosed() {
        return closed;
    }

    /** Takes it into use, and tells whether that was possible: it is not after the last user has gone. */
    boolean retain() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            try {
                value.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                // It is out of service: nobody waits for it, and there is nobody to throw at.
                LOG.warn("Version {} of model {} did not close cleanly", version.version(), version.model(), e);
            } finally {
                closed = true;
            }
        }
    }
}
