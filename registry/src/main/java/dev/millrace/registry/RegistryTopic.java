package dev.millrace.registry;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The shape of the registry's topics: one compacted partition, so that everybody sees all changes in one order; and beside
 * it the audit topic, of the same order, from which nothing is ever removed.
 */
public final class RegistryTopic {

    /** What it is called unless the settings say otherwise. */
    public static final String DEFAULT_NAME = "model-registry";

    /** The largest record that is written or admitted, in bytes: thousands of labels fit. */
    static final int MAX_RECORD_BYTES = 4 * 1024 * 1024;

    private static final int DAY_MS = 24 * 60 * 60 * 1000;

    private RegistryTopic() {}

    /**
     * The audit topic of a registry.
     *
     * @param name of the registry's topic
     * @return the name of the topic that keeps all that ever happened to it
     */
    public static String auditOf(String name) {
        return name + "-audit";
    }

    /**
     * The topics to create.
     *
     * @param name of the registry's topic
     * @param replication how many brokers keep them, at least 1; from 3 on, two of them must have a record before it
     *     counts
     * @return for {@code Admin.createTopics}
     */
    public static List<NewTopic> all(String name, short replication) {
        return List.of(of(name, replication), audit(name, replication));
    }

    private static NewTopic audit(String name, short replication) {
        Map<String, String> config = new HashMap<>();
        config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        config.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
        config.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
        return new NewTopic(auditOf(name), 1, replication).configs(durable(config, replication));
    }

    private static Map<String, String> durable(Map<String, String> config, short replication) {
        if (replication >= 3) {
            config.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "2");
        }
        return config;
    }

    /**
     * The registry's topic alone.
     *
     * @param name of the topic
     * @param replication how many brokers keep it, at least 1; from 3 on, two of them must have a record before it counts
     * @return for {@code Admin.createTopics}
     */
    public static NewTopic of(String name, short replication) {
        Map<String, String> config = new HashMap<>();
        config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        config.put(TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0.2");
        config.put(TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(16 * 1024 * 1024));
        // Only closed segments are compacted, and this topic may take weeks to fill one.
        config.put(TopicConfig.SEGMENT_MS_CONFIG, Integer.toString(DAY_MS));
        // A reader that takes longer than this from the beginning to the end could miss a removal.
        config.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, Integer.toString(7 * DAY_MS));
        config.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MAX_RECORD_BYTES));
        return new NewTopic(name, 1, replication).configs(durable(config, replication));
    }
}
