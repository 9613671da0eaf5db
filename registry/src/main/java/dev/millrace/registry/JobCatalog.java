package dev.millrace.registry;

import dev.millrace.registry.RegistryKey.JobKey;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jobs that the registry's topic has, read when somebody asks. What was committed {@link #KNOWN_WITHIN} ago or earlier
 * is found, however new it is to this catalog; what was removed is forgotten a second later at most. Thread-safe.
 */
public final class JobCatalog implements AutoCloseable {

    /** Whoever creates a job waits so long before he tells of it; it is known everywhere after that. */
    public static final Duration KNOWN_WITHIN = Duration.ofMillis(200);

    /** For a job that is not known, the topic is read again no sooner than this after it was last. */
    private static final Duration PAUSE_FOR_UNKNOWN = KNOWN_WITHIN.dividedBy(2);

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(JobCatalog.class);

    private final Supplier<TopicTail<Jobs>> opening;
    private final LongSupplier nanoTicker;
    private @Nullable TopicTail<Jobs> opened;
    private boolean isRead;
    private long readNanos;
    private Map<String, JobRecord> jobs = Map.of();

    private JobCatalog(Supplier<TopicTail<Jobs>> opening, LongSupplier nanoTicker) {
        this.opening = opening;
        this.nanoTicker = nanoTicker;
    }

    /**
     * Makes it; Kafka is spoken to at the first question.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the registry's topic; it may be created later
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return the catalog; the caller closes it
     */
    public static JobCatalog open(Map<String, Object> clientProperties, String topic, LongSupplier nanoTicker) {
        return new JobCatalog(
                () -> TopicTail.of(clientProperties, topic, new Jobs(), IsolationLevel.READ_COMMITTED, nanoTicker),
                nanoTicker);
    }

    /**
     * All jobs.
     *
     * @return by model; the same object until there is another job, or one less
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer, or refuses
     */
    public synchronized Map<String, JobRecord> jobs() {
        readUnlessWithin(PAUSE);
        return jobs;
    }

    /**
     * The job of a model.
     *
     * @param model its name
     * @return the job, or empty when there is none
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer, or refuses
     */
    public synchronized Optional<JobRecord> find(String model) {
        readUnlessWithin(jobs.containsKey(model) ? PAUSE : PAUSE_FOR_UNKNOWN);
        return Optional.ofNullable(jobs.get(model));
    }

    private void readUnlessWithin(Duration pause) {
        long now = nanoTicker.getAsLong();
        if (isRead && now - readNanos < pause.toNanos()) {
            return;
        }
        TopicTail<Jobs> topic = opened == null ? opening.get() : opened;
        opened = topic;
        if (topic.assign(PATIENCE)) {
            topic.readToEnd(PATIENCE);
        }
        // From when the reading began: what is committed meanwhile may be missed by it.
        readNanos = now;
        isRead = true;
        if (topic.fold().changed) {
            topic.fold().changed = false;
            jobs = Map.copyOf(topic.fold().jobs);
        }
    }

    @Override
    public synchronized void close() {
        if (opened != null) {
            opened.close();
        }
    }

    /** Of all that is in the topic, the jobs. */
    private static final class Jobs implements TopicTail.Fold {

        private final Map<String, JobRecord> jobs = new TreeMap<>();
        private boolean changed;

        @Override
        public void apply(long offset, byte @Nullable [] key, byte @Nullable [] value) {
            try {
                if (key != null && RegistryKey.parse(key) instanceof JobKey job) {
                    changed = true;
                    jobs.remove(job.model());
                    if (value != null) {
                        jobs.put(job.model(), RegistryJson.readJob(value));
                    }
                }
            } catch (RegistryFormatException e) {
                LOG.debug("The record at offset {} is no job that can be read: {}", offset, e.getMessage());
            }
        }

        @Override
        public void clear() {
            changed = true;
            jobs.clear();
        }
    }
}
