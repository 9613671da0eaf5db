package dev.millrace.app;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The properties of the Kafka clients that read inputs and write predictions. */
final class PredictionClients {

    private static final Duration SESSION = Duration.ofSeconds(10);
    /** What a killed process left open ends after this, and only then can another go on with its partitions. */
    private static final Duration TRANSACTION = Duration.ofSeconds(15);

    private static final int BATCHES_A_TURN = 4;
    /** Dead letters are as large as what came, see {@link dev.millrace.ingest.DeadLetter}. */
    private static final int LARGEST_RECORD = 32 * 1024 * 1024;

    private PredictionClients() {}

    static Consumer<byte[], byte[]> consumer(PredictionSettings settings) {
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, settings.groupId());
        if (settings.instanceId() != null) {
            properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, settings.instanceId());
        }
        // It makes the group wait for offsets of a transaction that is still open, too.
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // Inputs that came before the first process are answered as well.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, Math.toIntExact(SESSION.toMillis()));
        properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, Math.toIntExact(SESSION.toMillis() / 3));
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, settings.batchTexts() * BATCHES_A_TURN);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static Map<String, Object> producer(PredictionSettings settings, String transactionalId) {
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        properties.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Math.toIntExact(TRANSACTION.toMillis()));
        properties.putIfAbsent(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_RECORD);
        return properties;
    }
}
