package dev.millrace.registry;

import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.protocol.Errors;

/** Who kept a transaction from being committed. */
enum Fencing {
    NONE(""),
    /** The member is known: it keeps what it has until it is told otherwise, and is let through once it has polled. */
    BY_GENERATION("the consumer group is sharing out its partitions, and this member has not heard the outcome yet"),
    BY_GROUP("the consumer group has given its partition to another member"),
    BY_PRODUCER("another producer has taken the transactional id, or the transaction took too long");

    private final String reason;

    Fencing(String reason) {
        this.reason = reason;
    }

    /** In words, for messages. */
    String reason() {
        return reason;
    }

    boolean isPresent() {
        return this != NONE;
    }

    /** Whether whoever it happened to will not be let in again. */
    boolean isLasting() {
        return this == BY_GROUP || this == BY_PRODUCER;
    }

    /** Kafka wraps the error that broke a transaction into those of the calls that follow. */
    static Fencing in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) {
                return BY_PRODUCER;
            }
            if (cause instanceof FencedInstanceIdException) {
                return BY_GROUP;
            }
            if (cause instanceof CommitFailedException) {
                return isOfGeneration(cause) ? BY_GENERATION : BY_GROUP;
            }
        }
        return NONE;
    }

    /** Kafka's producer says only by its words which of two errors it got; the other is that the member is gone. */
    private static boolean isOfGeneration(Throwable failed) {
        return String.valueOf(failed.getMessage()).contains(Errors.ILLEGAL_GENERATION.message());
    }
}
