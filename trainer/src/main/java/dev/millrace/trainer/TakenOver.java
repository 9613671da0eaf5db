package dev.millrace.trainer;

import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * Tells when another process has come with this one's instance id. This one must then stop: if it joined again, the two
 * would throw each other out for ever.
 */
final class TakenOver {

    private TakenOver() {}

    /** Whether that is what a failure says. A trainer without an instance id shares its names with nobody. */
    static boolean isIn(Throwable failure, @Nullable String instanceId) {
        if (instanceId == null) {
            return false;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof FencedInstanceIdException
                    || cause instanceof ProducerFencedException
                    || cause instanceof InvalidProducerEpochException) {
                return true;
            }
        }
        return false;
    }

    /** The same failure, in words that say what to do. */
    static Throwable explained(Throwable failure, @Nullable String instanceId) {
        return isIn(failure, instanceId)
                ? new IllegalStateException(
                        "another process has taken over the instance id " + instanceId
                                + " (setting instance-id), so this"
                                + " one has stopped and publishes nothing more; give each process that lives at the same"
                                + " time an id of its own",
                        failure)
                : failure;
    }
}
