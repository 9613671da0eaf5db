package dev.millrace.trainer;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The shape of the topic in which trainers report what they do: one partition, for one order; kept for a week, and no
 * more than 128 MiB of it, for readers begin at its beginning.
 */
public final class ProgressTopic {

    private static final long HOUR_MS = 60 * 60 * 1000;
    private static final long WEEK_MS = 7 * 24 * HOUR_MS;
    private static final long MOST_BYTES = 128L << 20;
    private static final long SEGMENT_BYTES = 16L << 20;

    private ProgressTopic() {}

    /**
     * The topic to create.
     *
     * @param name of the topic
     * @param replication how many brokers keep it, at least 1, or -1 for the broker's default
     * @return for {@code Admin.createTopics}
     */
    public static NewTopic of(String name, short replication) {
        Map<String, String> config = new HashMap<>();
        config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        config.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(WEEK_MS));
        config.put(TopicConfig.RETENTION_BYTES_CONFIG, Long.toString(MOST_BYTES));
        config.put(TopicConfig.SEGMENT_BYTES_CONFIG, Long.toString(SEGMENT_BYTES));
        return new NewTopic(name, 1, replication).configs(config);
    }
}
