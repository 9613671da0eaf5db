package dev.millrace.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the audit topic: all that ever happened to the models of a registry. */
public final class AuditLog {

    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

    private AuditLog() {}

    /**
     * Reads everything that was committed when the call began.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param registryTopic the registry's topic, whose audit topic is read
     * @param timeout how long it may take in all, above zero
     * @return the events with their offsets, in their order; empty where there is no audit topic, as beside a registry from before it
     * @throws org.apache.kafka.common.errors.TimeoutException if that took too long
     * @throws org.apache.kafka.common.KafkaException for other failures of Kafka, such as missing rights
     */
    public static List<AuditEntry> entries(
            Map<String, Object> clientProperties, String registryTopic, Duration timeout) {
        String topic = RegistryTopic.auditOf(registryTopic);
        try (TopicTail<Events> tail = TopicTail.of(
                clientProperties, topic, new Events(), IsolationLevel.READ_UNCOMMITTED, System::nanoTime)) {
            long begun = System.nanoTime();
            if (tail.assign(timeout)) {
                tail.readToEnd(timeout.minusNanos(System.nanoTime() - begun));
            }
            return List.copyOf(tail.fold().read);
        }
    }

    /**
     * Reads everything that was committed when the call began, without the offsets.
     *
     * @param clientProperties as above
     * @param registryTopic as above
     * @param timeout as above
     * @return the events, in their order
     */
    public static List<RegistryEvent> read(
            Map<String, Object> clientProperties, String registryTopic, Duration timeout) {
        return entries(clientProperties, registryTopic, timeout).stream()
                .map(AuditEntry::event)
                .toList();
    }

    /** What has been read since {@link #drain}. For one thread. */
    static final class Events implements TopicTail.Fold {

        private final List<AuditEntry> read = new ArrayList<>();
        private boolean anew;

        @Override
        public void apply(long offset, byte @Nullable [] key, byte @Nullable [] value) {
            try {
                read.add(new AuditEntry(offset, RegistryJson.readEvent(value == null ? new byte[0] : value)));
            } catch (RegistryFormatException e) {
                LOG.warn("The event at offset {} is left out: {}", offset, e.getMessage());
            }
        }

        @Override
        public void clear() {
            read.clear();
            anew = true;
        }

        /** Hands over what has been read, once; first {@code ifAnew} where the topic began anew. */
        List<AuditEntry> drain(Runnable ifAnew) {
            if (anew) {
                ifAnew.run();
                anew = false;
            }
            List<AuditEntry> drained = List.copyOf(read);
            read.clear();
            return drained;
        }
    }
}
