package dev.millrace.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/** The topics that ingest reads and writes, as they should be created where they are missing. */
public final class IngestTopics {

    /** The largest record that our topics admit: enough for any dead letter. */
    static final int MAX_RECORD_BYTES = 32 * 1024 * 1024;

    private IngestTopics() {}

    /**
     * The topics of the settings.
     *
     * <p>{@code examples} keeps the broker's defaults. {@code training-examples} and {@code examples-rejected} are kept
     * for ever: one is the ledger, the other the only place where a refused record is explained. The latter has one
     * partition. Where inputs and labels are joined, {@code labels} keeps the broker's defaults, and so does {@code
     * examples-unpaired}, which has one partition; {@code inputs} is made by whoever answers them.
     *
     * @param settings their names
     * @param partitions how many partitions the first two have, and so how many models can be trained side by side
     * @param replication how many brokers keep a copy, or -1 for the broker's default
     * @return three topics, or five where inputs and labels are joined
     */
    public static List<NewTopic> of(IngestSettings settings, int partitions, short replication) {
        Map<String, String> kept = Map.of(
                TopicConfig.RETENTION_MS_CONFIG, "-1",
                TopicConfig.RETENTION_BYTES_CONFIG, "-1",
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MAX_RECORD_BYTES));
        List<NewTopic> topics = new ArrayList<>(List.of(
                new NewTopic(settings.topics().examples(), partitions, replication),
                new NewTopic(settings.topics().trainingExamples(), partitions, replication).configs(kept),
                new NewTopic(settings.topics().examplesRejected(), 1, replication).configs(kept)));
        IngestSettings.Joining joining = settings.joining();
        if (joining != null) {
            topics.add(new NewTopic(joining.labels(), partitions, replication));
            topics.add(new NewTopic(joining.examplesUnpaired(), 1, replication)
                    .configs(Map.of(
                            // What is given up is old; by its own time it might be thrown away at once.
                            TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                            "LogAppendTime",
                            TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                            Integer.toString(MAX_RECORD_BYTES))));
        }
        return topics;
    }
}
