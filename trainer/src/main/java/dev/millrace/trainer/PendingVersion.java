package dev.millrace.trainer;

import dev.millrace.registry.LogContext;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * A version on its way: a copy of the model that is written, and written again, until its files are durable and its
 * record is published. Not thread-safe.
 */
final class PendingVersion {

    private final long number;
    private final LogContext context;
    private final Callable<WrittenVersion> write;
    private final Backoff backoff = new Backoff();
    private @Nullable Future<WrittenVersion> writing;
    private long writtenNanos;

    PendingVersion(long number, LogContext context, Callable<WrittenVersion> write) {
        this.number = number;
        this.context = context;
        this.write = write;
    }

    long number() {
        return number;
    }

    /** What the log says beside what happens to it. */
    LogContext context() {
        return context;
    }

    /** Whether files are on their way or durable; false when they have to be written, for the first time or again. */
    boolean isWriting() {
        return writing != null;
    }

    /** Whether there is something to do now that need not be waited for. */
    boolean isReady(long nowNanos) {
        return backoff.isOver(nowNanos) && (writing == null || writing.isDone());
    }

    void startWriting(ExecutorService thread, long nowNanos) {
        writing = thread.submit(write);
        writtenNanos = nowNanos;
    }

    /** How long ago the writing of its files began. */
    Duration age(long nowNanos) {
        return Duration.ofNanos(nowNanos - writtenNanos);
    }

    /**
     * The version with its files, waited for where they are not durable yet.
     *
     * @throws IOException when they could not be written; they are to be written again
     */
    WrittenVersion written() throws IOException {
        Future<WrittenVersion> files = writing;
        if (files == null) {
            throw new IllegalStateException("version " + number + " is not being written");
        }
        try {
            return files.get();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            writing = null;
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException("Version " + number + " could not be written", e.getCause());
        }
    }

    /** Forgets the files, so that they are written again. */
    void writeAgain() {
        writing = null;
    }

    /** It could not be written, or not be published: it is tried again after what is returned. */
    Duration failed(long nowNanos) {
        return backoff.failed(nowNanos);
    }

    /** Nobody will ask for it any more. */
    void cancel() {
        if (writing != null) {
            writing.cancel(false);
        }
    }
}
