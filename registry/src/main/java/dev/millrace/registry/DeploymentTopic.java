package dev.millrace.registry;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The shape of the topic in which subscribers report what they serve: of each subscriber the last word is kept, and of one
 * that was not heard of for a week nothing.
 */
public final class DeploymentTopic {

    /** What it is called unless the settings say otherwise. */
    public static final String DEFAULT_NAME = "model-deployments";

    private static final int HOUR_MS = 60 * 60 * 1000;
    private static final int WEEK_MS = 7 * 24 * HOUR_MS;

    private DeploymentTopic() {}

    /**
     * The topic to create.
     *
     * @param name of the topic
     * @param replication how many brokers keep it, at least 1, or -1 for the broker's default
     * @return for {@code Admin.createTopics}
     */
    public static NewTopic of(String name, short replication) {
        Map<String, String> config = new HashMap<>();
        config.put(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_COMPACT + "," + TopicConfig.CLEANUP_POLICY_DELETE);
        config.put(TopicConfig.RETENTION_MS_CONFIG, Integer.toString(WEEK_MS));
        // Only closed segments are compacted or deleted, and reports are small.
        config.put(TopicConfig.SEGMENT_MS_CONFIG, Integer.toString(HOUR_MS));
        config.put(TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0.2");
        return new NewTopic(name, 1, replication).configs(config);
    }
}
