package dev.millrace.registry;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry, its audit log, and who serves what, followed in memory. An event is handed on only when the view has what it tells of, so
 * whoever hears of a change and looks finds it. While Kafka is away the last view stays, and {@link #age} says how old it
 * is. Owns one thread. Thread-safe.
 */
public final class LiveRegistry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LiveRegistry.class);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    private final Map<String, Object> client;
    private final String topic;
    private final LongSupplier nanoTicker;
    private final EventLog events = new EventLog();
    private final CountDownLatch read = new CountDownLatch(1);
    private final CountDownLatch stop = new CountDownLatch(1);
    private final TopicTail<RegistryFold> registry;
    private final TopicTail<AuditLog.Events> audit;
    private final TopicTail<Deployments.Fold> reports;
    private final Thread thread;
    private volatile @Nullable ModelRegistry view;
    private volatile Deployments deployments = new Deployments.Fold().view();
    private volatile long seenNanos;
    private volatile @Nullable Throwable failure;

    private LiveRegistry(
            Map<String, Object> clientProperties, String topic, String deployments, LongSupplier nanoTicker) {
        this.client = Map.copyOf(clientProperties);
        this.topic = topic;
        this.nanoTicker = nanoTicker;
        // What a transaction has written to the registry's topic before it told of it must be waited for, see step.
        this.registry = TopicTail.of(client, topic, new RegistryFold(), IsolationLevel.READ_UNCOMMITTED, nanoTicker);
        this.audit = TopicTail.of(
                client, RegistryTopic.auditOf(topic), new AuditLog.Events(), IsolationLevel.READ_COMMITTED, nanoTicker);
        this.reports =
                TopicTail.of(client, deployments, new Deployments.Fold(), IsolationLevel.READ_COMMITTED, nanoTicker);
        this.thread = new Thread(this::follow, "live-registry");
    }

    /**
     * Begins to follow.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the registry's topic; it and its audit topic may be created later
     * @param deployments the topic in which subscribers say what they serve; there need be none
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return at once; {@link #view} is empty until all was read once
     */
    public static LiveRegistry follow(
            Map<String, Object> clientProperties, String topic, String deployments, LongSupplier nanoTicker) {
        LiveRegistry live = new LiveRegistry(clientProperties, topic, deployments, nanoTicker);
        live.thread.start();
        return live;
    }

    /**
     * The registry as it is known.
     *
     * @return the newest view; empty while the topics have not been read to their ends yet
     */
    public Optional<ModelRegistry> view() {
        return Optional.ofNullable(view);
    }

    /**
     * Who serves what, as far as it was heard; a moment behind {@link #view} at most.
     *
     * @return the last words of all subscribers; none before the first view
     */
    public Deployments deployments() {
        return deployments;
    }

    /**
     * Waits for the first view.
     *
     * @param timeout how long
     * @return whether there is one
     * @throws InterruptedException if interrupted
     */
    public boolean awaitView(Duration timeout) throws InterruptedException {
        return read.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * How long ago Kafka last confirmed that the view has all there is.
     *
     * @return that time; zero before the first view
     */
    public Duration age() {
        return view == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, nanoTicker.getAsLong() - seenNanos));
    }

    /**
     * Why it follows no more.
     *
     * @return what went wrong, or empty while it follows
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * The newest change that the view has.
     *
     * @return its offset in the audit topic; -1 before the first
     */
    public long lastChange() {
        return events.last();
    }

    /**
     * Waits for a change.
     *
     * @param offset of the newest one that the caller has seen, as {@link #lastChange} gives it
     * @param timeout how long
     * @return whether there is a newer one
     * @throws InterruptedException if interrupted
     */
    public boolean awaitChange(long offset, Duration timeout) throws InterruptedException {
        return events.await(offset + 1, timeout.toNanos());
    }

    EventLog events() {
        return events;
    }

    Map<String, Object> client() {
        return client;
    }

    String topic() {
        return topic;
    }

    private void follow() {
        try (registry;
                audit;
                reports) {
            while (stop.getCount() > 0) {
                try {
                    step();
                } catch (TimeoutException e) {
                    LOG.debug("No broker answers: {}", e.getMessage());
                } catch (WakeupException e) {
                    LOG.debug("Asked to stop");
                } catch (KafkaException e) {
                    LOG.warn("The registry cannot be followed for now", e);
                    pause();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("The registry is followed no more", e);
            failure = e;
        } finally {
            events.close();
        }
    }

    private void step() throws InterruptedException {
        if (!registry.assign(PATIENCE) || !audit.assign(PATIENCE)) {
            pause();
            return;
        }
        boolean first = view == null;
        if (first) {
            audit.readToEnd(PATIENCE);
        } else {
            audit.poll(LONGEST_POLL);
        }
        long asked = nanoTicker.getAsLong();
        registry.readToEnd(PATIENCE);
        hearDeployments(first);
        ModelRegistry now = registry.fold().view();
        view = now;
        seenNanos = asked;
        List<AuditEntry> fresh = audit.fold().drain(events::clear);
        if (!fresh.isEmpty()) {
            events.append(fresh);
        }
        if (first) {
            read.countDown();
            LOG.info(
                    "Following the registry: {} models, {} events", now.models().size(), fresh.size());
        }
    }

    private void hearDeployments(boolean first) {
        if (!reports.assign(PATIENCE)) {
            return;
        }
        if (first) {
            reports.readToEnd(PATIENCE);
        } else {
            reports.poll(Duration.ZERO);
        }
        deployments = reports.fold().view();
    }

    private void pause() throws InterruptedException {
        boolean stopped = stop.await(1, TimeUnit.SECONDS);
        LOG.debug("Paused; stopped: {}", stopped);
    }

    /** Follows no more; the view stays. */
    @Override
    public void close() {
        stop.countDown();
        registry.wakeup();
        audit.wakeup();
        reports.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
