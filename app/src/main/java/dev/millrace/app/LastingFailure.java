package dev.millrace.app;

import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** Failures of Kafka's clients that trying again does not mend. */
final class LastingFailure {

    private LastingFailure() {}

    /**
     * Whether a failure, or what caused it, will last.
     *
     * @param instanceId of this process in its group, or null
     */
    static boolean isIn(Throwable failure, @Nullable String instanceId) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthorizationException
                    || cause instanceof AuthenticationException
                    || cause instanceof UnsupportedVersionException
                    || isTakenOver(cause, instanceId)) {
                return true;
            }
        }
        return false;
    }

    /** The same failure, in words that say what to do where that is known. */
    static Throwable explained(Throwable failure, @Nullable String instanceId) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isTakenOver(cause, instanceId)) {
                return new IllegalStateException(
                        "another process has taken over the instance id " + instanceId
                                + " (setting instance-id), so this one has stopped and answers no more inputs; give each"
                                + " process that lives at the same time an id of its own",
                        failure);
            }
        }
        return failure;
    }

    /** If this one joined again, the two would throw each other out for ever. */
    private static boolean isTakenOver(Throwable cause, @Nullable String instanceId) {
        return instanceId != null
                && (cause instanceof FencedInstanceIdException
                        || cause instanceof ProducerFencedException
                        || cause instanceof InvalidProducerEpochException);
    }
}
