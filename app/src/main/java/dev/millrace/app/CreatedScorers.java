package dev.millrace.app;

import dev.millrace.registry.Subscription;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers for models whose jobs were created while this process runs: each is followed from the first question on. Thread-safe. */
final class CreatedScorers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CreatedScorers.class);

    private final CreatedJobs jobs;
    private final Function<String, Subscription<BatchedClassifier>> follow;
    private final Map<String, Subscription<BatchedClassifier>> followed = new HashMap<>();
    private boolean closed;

    /**
     * None yet.
     *
     * @param jobs that were created
     * @param follow begins to follow the versions of a model
     */
    CreatedScorers(CreatedJobs jobs, Function<String, Subscription<BatchedClassifier>> follow) {
        this.jobs = jobs;
        this.follow = follow;
    }

    /** What answers for a model, also after its job was removed; empty when none was created for it. */
    synchronized Optional<Scorer> find(String model) {
        try {
            // Who was answered once is not refused because nothing more is learned.
            boolean isKnown =
                    followed.containsKey(model) || jobs.settingsOf(model).isPresent();
            return closed || !isKnown
                    ? Optional.empty()
                    : Optional.of(new ServedModel(followed.computeIfAbsent(model, follow)));
        } catch (KafkaException e) {
            LOG.warn(
                    "Whether there is a job for {} is not known, for Kafka does not answer: {}", model, e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        followed.values().forEach(Subscription::close);
    }
}
