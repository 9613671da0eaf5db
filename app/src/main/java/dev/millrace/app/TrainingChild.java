package dev.millrace.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of the process that trains: what it announced, and its end. Everything that it wrote before it died is read,
 * for a pipe outlives its writer. Safe for use by several threads.
 */
final class TrainingChild implements AutoCloseable {

    /** Hears what a child announces, at once, on the thread that reads it. */
    interface Listener {
        void hear(TrainingChild child, Announcement said);
    }

    private static final Logger LOG = LoggerFactory.getLogger(TrainingChild.class);
    private static final Duration ENDING = Duration.ofSeconds(60);

    private final Process process;
    private final Listener listener;
    private final LongSupplier nanoTicker;
    private final long begun;
    private final Thread reader;
    private final Set<String> held = new TreeSet<>();
    private final Set<String> writing = new TreeSet<>();
    private final Map<String, Announcement> published = new TreeMap<>();
    private @Nullable String publishing;
    private @Nullable Long trainedNanos;
    private long killedNanos;

    /**
     * Starts a life.
     *
     * @param builder of the process; its standard output is read here
     * @param listener hears every announcement
     * @param nanoTicker elapsed time
     */
    TrainingChild(ProcessBuilder builder, Listener listener, LongSupplier nanoTicker) {
        this.listener = listener;
        this.nanoTicker = nanoTicker;
        this.begun = nanoTicker.getAsLong();
        try {
            this.process = builder.start();
        } catch (IOException e) {
            throw new CommandException("cannot start a process: " + e.getMessage(), e);
        }
        this.reader = new Thread(this::read, "child-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Announcement.parse(line).ifPresent(this::take);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("The output of process {} could not be read to its end", process.pid(), e);
        }
    }

    private void take(Announcement said) {
        synchronized (this) {
            switch (said.kind()) {
                case OPENED -> held.add(said.model());
                case CLOSED -> held.remove(said.model());
                case TRAINED -> trainedNanos = trainedNanos == null ? Long.valueOf(sinceStart()) : trainedNanos;
                case WRITE_BEGUN -> writing.add(said.what());
                case WRITE_ENDED -> writing.remove(said.what());
                case TRANSACTION_BEGUN -> publishing = said.what();
                case TRANSACTION_ENDED -> {
                    publishing = null;
                    published.put(said.model(), said);
                }
            }
        }
        listener.hear(this, said);
    }

    /** {@return nanoseconds since it was started} */
    long sinceStart() {
        return nanoTicker.getAsLong() - begun;
    }

    /** {@return nanoseconds from its start to the end of its first mini-batch; empty before that} */
    synchronized Optional<Long> trainedAfterNanos() {
        return Optional.ofNullable(trainedNanos);
    }

    /** {@return whether it has begun to write a file and not said that it has ended} */
    synchronized boolean isWriting() {
        return !writing.isEmpty();
    }

    /** {@return whether it has begun the transaction of a version and not said that it has ended} */
    synchronized boolean isPublishing() {
        return publishing != null;
    }

    /** {@return the models that it holds, as far as it has said} */
    synchronized Set<String> held() {
        return Set.copyOf(held);
    }

    /** {@return the examples of the newest version of a model that it has published; 0 before the first} */
    synchronized long publishedExamples(String model) {
        Announcement newest = published.get(model);
        return newest == null ? 0 : newest.number(1);
    }

    /** {@return the number of the newest version of a model that it has published; 0 before the first} */
    synchronized long publishedVersion(String model) {
        Announcement newest = published.get(model);
        return newest == null ? 0 : newest.number(0);
    }

    /** {@return when it was killed, by the ticker; 0 if it was not} */
    synchronized long killedNanos() {
        return killedNanos;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it with SIGKILL, without waiting. */
    void kill() {
        synchronized (this) {
            killedNanos = nanoTicker.getAsLong();
        }
        // The process itself would also close its streams, and what it has said and we have not read would be lost.
        process.toHandle().destroyForcibly();
    }

    /**
     * Waits until it is gone and all that it said is read.
     *
     * @return its exit code, 137 after SIGKILL
     */
    int awaitEnd() {
        try {
            if (!process.waitFor(ENDING.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("process " + process.pid() + " did not end within " + ENDING);
            }
            reader.join();
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", e);
        }
    }

    /**
     * Asks it to end, by ending its standard input, and waits.
     *
     * @return its exit code
     */
    int end() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            LOG.debug("Process {} is gone already", process.pid(), e);
        }
        return awaitEnd();
    }

    /** Kills it if it still lives. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
