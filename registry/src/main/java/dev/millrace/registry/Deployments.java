package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who serves what: the {@code model-deployments} topic, folded. Immutable. */
public final class Deployments {

    private static final Logger LOG = LoggerFactory.getLogger(Deployments.class);

    private final List<Deployment> all;

    private Deployments(List<Deployment> all) {
        this.all = List.copyOf(all);
    }

    /**
     * Reads every subscriber's last word.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic of the reports
     * @param timeout how long it may take in all, above zero
     * @return what they said; nothing where there is no such topic
     * @throws org.apache.kafka.common.errors.TimeoutException if that took too long
     * @throws org.apache.kafka.common.KafkaException for other failures of Kafka, such as missing rights
     */
    public static Deployments read(Map<String, Object> clientProperties, String topic, Duration timeout) {
        try (TopicTail<Fold> tail =
                TopicTail.of(clientProperties, topic, new Fold(), IsolationLevel.READ_COMMITTED, System::nanoTime)) {
            long begun = System.nanoTime();
            if (tail.assign(timeout)) {
                tail.readToEnd(timeout.minusNanos(System.nanoTime() - begun));
            }
            return tail.fold().view();
        }
    }

    /** {@return all reports, by model, alias and instance} */
    public List<Deployment> all() {
        return all;
    }

    /**
     * The reports about a model.
     *
     * @param model its name
     * @return by alias and instance; empty for a model that nobody serves
     */
    public List<Deployment> of(String model) {
        return all.stream().filter(report -> report.model().equals(model)).toList();
    }

    /** Keeps the last report under each key; one that cannot be read removes the one before it. For one thread. */
    static final class Fold implements TopicTail.Fold {

        private final Map<String, Deployment> reports = new TreeMap<>();

        @Override
        public void apply(long offset, byte @Nullable [] key, byte @Nullable [] value) {
            String name = key == null ? "" : new String(key, StandardCharsets.UTF_8);
            reports.remove(name);
            if (value == null) {
                return;
            }
            try {
                Deployment report = DeploymentJson.read(value);
                if (!report.key().equals(name)) {
                    throw new RegistryFormatException("its key is not that of its value");
                }
                reports.put(name, report);
            } catch (RegistryFormatException e) {
                LOG.warn("The report at offset {} is left out: {}", offset, e.getMessage());
            }
        }

        @Override
        public void clear() {
            reports.clear();
        }

        Deployments view() {
            return new Deployments(List.copyOf(reports.values()));
        }
    }
}
