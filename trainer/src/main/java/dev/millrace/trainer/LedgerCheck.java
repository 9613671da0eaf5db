package dev.millrace.trainer;

import java.time.Duration;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notices that the ledger is not there any more, which Kafka's consumer takes for a topic that is yet to come. */
final class LedgerCheck {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerCheck.class);
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String topic;
    private final Consumer<?, ?> consumer;
    private long lastNanos;

    LedgerCheck(String topic, Consumer<?, ?> consumer, long nowNanos) {
        this.topic = topic;
        this.consumer = consumer;
        this.lastNanos = nowNanos;
    }

    /** Asks Kafka for the topic, now and then, while the trainer has no partition of it: it loses all with the topic. */
    void requireThere(long nowNanos) {
        if (!consumer.assignment().isEmpty() || nowNanos - lastNanos < PAUSE.toNanos()) {
            return;
        }
        lastNanos = nowNanos;
        try {
            if (consumer.listTopics(PATIENCE).containsKey(topic)) {
                return;
            }
        } catch (RetriableException e) {
            LOG.debug("Whether {} is there is not known, for Kafka does not answer", topic, e);
            return;
        }
        throw new IllegalStateException("There is no topic " + topic + ", which is the ledger: it was deleted, or never"
                + " created, or this trainer may not see it. What was published stays. Restore the topic with its"
                + " records at their offsets, or give the model another name to start anew from a new ledger");
    }

    /** What it means that the ledger has no record at the offset where training goes on. */
    IllegalStateException outOfRange(OffsetOutOfRangeException e) {
        return new IllegalStateException(
                "The ledger " + topic + " does not hold the offsets where training goes on: "
                        + e.offsetOutOfRangePartitions()
                        + ". Either it was deleted and made anew, or its records were deleted before they were trained"
                        + " on. What was published stays. Restore the records at their offsets, or give the model another"
                        + " name to start anew from what is left, and keep the ledger for longer",
                e);
    }
}
