package dev.millrace.app;

import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * Whether a consumer is in touch with its group, by what the consumer counts itself. Thread-safe.
 *
 * @param consumer whose
 * @param sessionTimeout after which Kafka gives a member up
 * @param consequence what does not happen while it is not, such as "nothing is trained"
 */
record GroupHeartbeat(Consumer<?, ?> consumer, Duration sessionTimeout, String consequence) {

    private static final String METRIC = "last-heartbeat-seconds-ago";

    /** {@return that it is out of touch, or empty while it is in touch, or was never yet} */
    Optional<String> problem() {
        return consumer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals(METRIC))
                .map(metric -> ((Number) metric.metricValue()).doubleValue())
                .filter(seconds -> seconds * 1000 > sessionTimeout.toMillis())
                .findFirst()
                .map(seconds ->
                        "the consumer group was last in touch with Kafka %.0f s ago, so %s; see that Kafka can be reached"
                                .formatted(seconds, consequence));
    }
}
