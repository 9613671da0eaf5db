package dev.millrace.app.console;

import dev.millrace.registry.TopicTail;
import dev.millrace.trainer.ProgressJson;
import dev.millrace.trainer.ProgressReport;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How training goes, in whichever process: the {@code training-progress} topic, read from its beginning and followed. While
 * Kafka is away the last view stays. Owns one thread. Thread-safe.
 */
final class ProgressView implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProgressView.class);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    private final TopicTail<Reports> tail;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private SortedMap<String, ModelProgress> models = Collections.emptySortedMap();
    private long revision;
    private boolean closed;
    private @Nullable Throwable failure;

    /** What the reports say of each model, and whether that is more than was looked at. */
    private static final class Reports implements TopicTail.Fold {

        private final String topic;
        private final SortedMap<String, ModelProgress> models = new TreeMap<>();
        private boolean isNew;

        Reports(String topic) {
            this.topic = topic;
        }

        @Override
        public void apply(long offset, byte @Nullable [] key, byte @Nullable [] value) {
            isNew = true;
            if (value == null) {
                return;
            }
            try {
                ProgressReport report = ProgressJson.read(value);
                models.merge(report.model(), ModelProgress.of(report), (known, first) -> known.plus(report));
            } catch (IllegalArgumentException e) {
                LOG.warn("The report at offset {} of {} is left out: {}", offset, topic, e.getMessage());
            }
        }

        @Override
        public void clear() {
            isNew = true;
            models.clear();
        }
    }

    private ProgressView(Map<String, Object> clientProperties, String topic, LongSupplier nanoTicker) {
        this.tail =
                TopicTail.of(clientProperties, topic, new Reports(topic), IsolationLevel.READ_COMMITTED, nanoTicker);
        this.thread = new Thread(this::run, "millrace-progress-view");
        this.thread.setDaemon(true);
    }

    /**
     * Begins to follow.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic of the reports; it may be created later
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return at once; the caller closes it
     */
    static ProgressView follow(Map<String, Object> clientProperties, String topic, LongSupplier nanoTicker) {
        ProgressView view = new ProgressView(clientProperties, topic, nanoTicker);
        view.thread.start();
        return view;
    }

    /** {@return what is known of each model that was reported, by name; empty at first} */
    SortedMap<String, ModelProgress> models() {
        lock.lock();
        try {
            return models;
        } finally {
            lock.unlock();
        }
    }

    /** {@return what is known of a model; empty while nothing was reported of it} */
    Optional<ModelProgress> model(String name) {
        return Optional.ofNullable(models().get(name));
    }

    /** {@return a number that grows whenever {@link #models} changes; 0 at first} */
    long revision() {
        lock.lock();
        try {
            return revision;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a change.
     *
     * @param known the revision that the caller has seen
     * @param nanos how long to wait
     * @return whether there is a later one; false when there was none in time, or none will come
     * @throws InterruptedException if interrupted
     */
    boolean await(long known, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (revision <= known && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            return revision > known;
        } finally {
            lock.unlock();
        }
    }

    /** {@return why it follows no more; empty while it follows, or when it was closed} */
    Optional<Throwable> failure() {
        lock.lock();
        try {
            return Optional.ofNullable(failure);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Throwable cause = null;
        try {
            while (stop.getCount() > 0) {
                try {
                    step();
                } catch (WakeupException e) {
                    LOG.debug("Asked to stop");
                } catch (KafkaException e) {
                    LOG.debug("The progress of training cannot be followed for now: {}", e.toString());
                    pause();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("The progress of training is followed no more", e);
            cause = e;
        } finally {
            end(cause);
            tail.close();
        }
    }

    private void step() throws InterruptedException {
        if (!tail.assign(PATIENCE)) {
            pause();
            return;
        }
        tail.poll(LONGEST_POLL);
        if (tail.fold().isNew) {
            publish();
        }
    }

    private void publish() {
        Reports reports = tail.fold();
        reports.isNew = false;
        lock.lock();
        try {
            models = Collections.unmodifiableSortedMap(new TreeMap<>(reports.models));
            revision++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end(@Nullable Throwable cause) {
        lock.lock();
        try {
            failure = cause;
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pause() throws InterruptedException {
        boolean stopped = stop.await(1, TimeUnit.SECONDS);
        LOG.trace("Paused; stopped: {}", stopped);
    }

    /** Follows no more; the view stays. */
    @Override
    public void close() {
        stop.countDown();
        tail.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
