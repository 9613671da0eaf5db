package dev.millrace.ingest;

import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The properties with which Kafka Streams runs the topology. */
final class StreamsProperties {

    private static final int BATCH_BYTES = 256 * 1024;

    private StreamsProperties() {}

    static Properties of(IngestSettings settings) {
        Properties all = new Properties();
        all.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.applicationId());
        all.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        all.put(StreamsConfig.STATE_DIR_CONFIG, settings.stateDirectory().toString());
        all.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        all.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, IngestSettings.COMMIT_INTERVAL.toMillis());
        all.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Integer.toString(settings.processingThreads()));
        all.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, Integer.toString(settings.standbyReplicas()));
        // Each task reads one partition, so there is no other whose records could have to come first; but for inputs
        // and
        // labels, of which what lies in Kafka is then taken in the order of its time.
        long idleMillis = settings.joining() == null ? StreamsConfig.MAX_TASK_IDLE_MS_DISABLED : 0;
        all.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, Long.toString(idleMillis));
        all.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "-1");
        all.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
        all.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, "true");

        // A dead letter carries the largest record that a producer could write.
        all.put(producer(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), Integer.toString(IngestTopics.MAX_RECORD_BYTES));
        all.put(producer(ProducerConfig.BUFFER_MEMORY_CONFIG), Long.toString(2L * IngestTopics.MAX_RECORD_BYTES));
        all.put(producer(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        // Each batch is a request's part, a check and an append on the broker, whatever its size: Kafka's 16 kB hold
        // some hundred examples. A commit sends what there is, so nothing waits for a batch to be full.
        all.put(producer(ProducerConfig.BATCH_SIZE_CONFIG), Integer.toString(BATCH_BYTES));
        all.put(topic(TopicConfig.MAX_MESSAGE_BYTES_CONFIG), Integer.toString(IngestTopics.MAX_RECORD_BYTES));
        // More of what a fetch has brought at a time; how much that can be in bytes, the fetch bounds.
        all.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), "5000");
        // A process that was killed is missed after this time; the default lets its partitions lie for 45 s.
        all.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), "10000");
        if (settings.instanceId() != null) {
            // Streams adds the number of the thread to it.
            all.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), settings.instanceId());
        }
        all.putAll(settings.clientProperties());
        return all;
    }

    private static String producer(String name) {
        return StreamsConfig.producerPrefix(name);
    }

    private static String topic(String name) {
        return StreamsConfig.topicPrefix(name);
    }
}
