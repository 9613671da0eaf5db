package dev.millrace.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the files of each newest version as it is published, for one who may have to go on from them at any moment:
 * where the store is far away, they are on this machine then. Owns one thread. Thread-safe.
 */
public final class StandbyFiles implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StandbyFiles.class);

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TopicTail<RegistryFold> tail;
    private final ArtifactStore store;
    private final Supplier<Set<String>> models;
    private final BooleanSupplier needed;
    private final Map<String, Long> fetched = new HashMap<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    private StandbyFiles(
            TopicTail<RegistryFold> tail, ArtifactStore store, Supplier<Set<String>> models, BooleanSupplier needed) {
        this.tail = tail;
        this.store = store;
        this.models = models;
        this.needed = needed;
        this.thread = new Thread(this::follow, "standby-files");
        thread.setDaemon(true);
    }

    /**
     * Begins to follow.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the registry's topic; it may be created later
     * @param store of the files
     * @param models whose files are wanted, asked once a second while they are needed
     * @param needed asked once a second and before each file; nothing is fetched while it says no
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return it; the caller closes it
     */
    public static StandbyFiles follow(
            Map<String, Object> clientProperties,
            String topic,
            ArtifactStore store,
            Supplier<Set<String>> models,
            BooleanSupplier needed,
            LongSupplier nanoTicker) {
        StandbyFiles files = new StandbyFiles(
                TopicTail.of(clientProperties, topic, new RegistryFold(), IsolationLevel.READ_COMMITTED, nanoTicker),
                store,
                models,
                needed);
        files.thread.start();
        return files;
    }

    private void follow() {
        try (tail) {
            do {
                step();
            } while (!stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (WakeupException e) {
            LOG.debug("Asked to stop");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void step() {
        if (!needed.getAsBoolean()) {
            return;
        }
        try {
            if (tail.assign(PATIENCE)) {
                tail.readToEnd(PATIENCE);
                ModelRegistry view = tail.fold().view();
                models.get().forEach(model -> view.latest(model).ifPresent(this::fetch));
            }
        } catch (WakeupException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.warn("The registry cannot be followed for now: {}", e.getMessage());
        }
    }

    private void fetch(VersionRecord version) {
        if (fetched.getOrDefault(version.model(), 0L) == version.version()) {
            return;
        }
        try {
            for (Artifact artifact : version.artifacts()) {
                if (stop.getCount() == 0 || !needed.getAsBoolean()) {
                    return;
                }
                store.fetch(artifact);
            }
            fetched.put(version.model(), version.version());
        } catch (IOException e) {
            LOG.warn(
                    "A file of version {} of {} is not here yet, and is tried again: {}",
                    version.version(),
                    version.model(),
                    e.getMessage());
        }
    }

    /** Follows no more; what was fetched stays. Returns within a second, also where a store does not answer. */
    @Override
    public void close() {
        stop.countDown();
        tail.wakeup();
        try {
            TimeUnit.MILLISECONDS.timedJoin(thread, PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
