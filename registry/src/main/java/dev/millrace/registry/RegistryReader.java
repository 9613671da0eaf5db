package dev.millrace.registry;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads the whole registry once, as it is at the time of the call. */
public final class RegistryReader {

    private RegistryReader() {}

    /**
     * Folds everything that was committed to the topic when the call began. Transactions still open then are not seen,
     * and hold nobody up. This is for looking: a commit becomes visible a moment after its producer was told of it.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the registry's topic
     * @param timeout how long it may take in all, above zero
     * @return the view
     * @throws IllegalStateException if there is no such topic
     * @throws TimeoutException if the brokers did not answer, or the topic was not read, in time
     * @throws org.apache.kafka.common.KafkaException for other failures of Kafka, such as missing rights
     */
    public static ModelRegistry readAll(Map<String, Object> clientProperties, String topic, Duration timeout) {
        return read(clientProperties, topic, IsolationLevel.READ_COMMITTED, timeout);
    }

    /**
     * Folds everything that was written to the topic when the call began, and waits until each transaction that was open
     * then has committed or aborted. This is for going on from: whoever takes a partition over must know what became of
     * the last transaction of the one before, which may have been on its way when the group moved.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the registry's topic
     * @param timeout how long it may take in all; should be longer than the publishers' {@code transaction.timeout.ms}
     *     (15 s), after which the broker aborts what a crashed one left open
     * @return the view
     * @throws IllegalStateException if there is no such topic
     * @throws TimeoutException if the brokers did not answer, or a transaction stayed open, for that long
     * @throws org.apache.kafka.common.KafkaException for other failures of Kafka, such as missing rights
     */
    public static ModelRegistry readSettled(Map<String, Object> clientProperties, String topic, Duration timeout) {
        return read(clientProperties, topic, IsolationLevel.READ_UNCOMMITTED, timeout);
    }

    private static ModelRegistry read(
            Map<String, Object> clientProperties, String topic, IsolationLevel ends, Duration timeout) {
        try (TopicTail<RegistryFold> tail =
                TopicTail.of(clientProperties, topic, new RegistryFold(), ends, System::nanoTime)) {
            long begun = System.nanoTime();
            if (!tail.assign(timeout)) {
                throw new IllegalStateException("there is no topic '" + topic + "' at " + servers(clientProperties)
                        + "; create it, or correct the name in the settings");
            }
            tail.readToEnd(timeout.minusNanos(System.nanoTime() - begun));
            return tail.fold().view();
        } catch (TimeoutException e) {
            throw new TimeoutException(
                    "the registry in topic '" + topic + "' at " + servers(clientProperties)
                            + " could not be read within " + timeout
                            + "; are its brokers reachable, or is a transaction left open? " + e.getMessage(),
                    e);
        }
    }

    private static Object servers(Map<String, Object> clientProperties) {
        return clientProperties.getOrDefault(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, "(no bootstrap.servers)");
    }
}
