package dev.millrace.app;

import dev.millrace.registry.Subscription;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows models whose jobs were created while this process runs, each from the first question on. Thread-safe. */
final class CreatedSubscriptions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CreatedSubscriptions.class);

    private final CatalogJobs jobs;
    private final Function<String, Subscription<BatchedClassifier>> follow;
    private final Map<String, Subscription<BatchedClassifier>> followed = new HashMap<>();
    private boolean closed;

    /**
     * None yet.
     *
     * @param jobs that were created
     * @param follow begins to follow the versions of a model
     */
    CreatedSubscriptions(CatalogJobs jobs, Function<String, Subscription<BatchedClassifier>> follow) {
        this.jobs = jobs;
        this.follow = follow;
    }

    /**
     * What answers for a model.
     *
     * @param model its name
     * @return it, also after its job was removed where a version of it is served; empty when no job was created for it
     * @throws org.apache.kafka.common.KafkaException when Kafka does not say whether there is such a job
     */
    synchronized Optional<Subscription<BatchedClassifier>> find(String model) {
        // Who was answered once is not refused because nothing more is learned.
        boolean isKnown = isServed(model) || jobs.settingsOf(model).isPresent();
        return closed || !isKnown ? Optional.empty() : Optional.of(followed.computeIfAbsent(model, follow));
    }

    /** What answers requests for a model; nothing also while Kafka does not say whether there is such a job. */
    Optional<Scorer> scorer(String model) {
        try {
            return find(model).map(ServedModel::new);
        } catch (KafkaException e) {
            LOG.warn(
                    "Whether there is a job for {} is not known, for Kafka does not answer: {}", model, e.getMessage());
            return Optional.empty();
        }
    }

    private boolean isServed(String model) {
        Subscription<BatchedClassifier> subscription = followed.get(model);
        return subscription != null && subscription.current().isPresent();
    }

    /** {@return why one of them stopped by itself, or empty while all go on} */
    synchronized Optional<Throwable> failure() {
        return followed.values().stream()
                .map(Subscription::failure)
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public synchronized void close() {
        closed = true;
        followed.values().forEach(Subscription::close);
    }
}
