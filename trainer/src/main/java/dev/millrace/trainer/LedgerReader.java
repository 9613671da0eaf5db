package dev.millrace.trainer;

import dev.millrace.ingest.LedgerJson;
import dev.millrace.ingest.LedgerRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what the ledger holds of one model, committed records only. It joins no consumer group, so it is in nobody's way.
 * Not thread-safe.
 */
public final class LedgerReader implements AutoCloseable {

    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    /**
     * A record of the model.
     *
     * @param offset where it lies
     * @param timestamp that the log gave it
     * @param content an example or a control record
     */
    public record Entry(long offset, Instant timestamp, LedgerRecord content) {}

    private final byte[] key;
    private final TopicPartition partition;
    private final Consumer<byte[], byte[]> consumer;

    private LedgerReader(byte[] key, TopicPartition partition, Consumer<byte[], byte[]> consumer) {
        this.key = key;
        this.partition = partition;
        this.consumer = consumer;
    }

    /**
     * Opens the ledger at its beginning.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the ledger
     * @param model whose records
     * @return a reader; the caller closes it
     * @throws IllegalStateException when there is no such topic
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer, or refuses
     */
    public static LedgerReader open(Map<String, Object> clientProperties, String topic, String model) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // A gap in the ledger must be told, not skipped.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        try {
            int partitions = consumer.partitionsFor(topic).size();
            if (partitions == 0) {
                throw new IllegalStateException("there is no topic " + topic + ", which is the ledger");
            }
            TopicPartition own = new TopicPartition(topic, EarlierPartitions.partitionOf(model, partitions));
            consumer.assign(List.of(own));
            consumer.seekToBeginning(List.of(own));
            return new LedgerReader(model.getBytes(StandardCharsets.UTF_8), own, consumer);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /** {@return the partition that holds the model's records} */
    public TopicPartition partition() {
        return partition;
    }

    /** {@return the first offset that is still there} */
    public long beginning() {
        return consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /** {@return the offset after the last record that is committed now} */
    public long end() {
        return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /** {@return the offset that is read next} */
    public long position() {
        return consumer.position(partition);
    }

    /**
     * Reads on from an offset.
     *
     * @param offset of the record that is wanted next, or of a later one when there is none
     */
    public void seek(long offset) {
        consumer.seek(partition, offset);
    }

    /**
     * Reads on, and waits a moment when there is nothing.
     *
     * @return what has come of the model, in order; may be empty
     * @throws IllegalArgumentException when a record of the model is neither an example nor a control record
     */
    public List<Entry> poll() {
        List<Entry> entries = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> read : consumer.poll(LONGEST_POLL)) {
            if (Arrays.equals(read.key(), key)) {
                entries.add(new Entry(
                        read.offset(), Instant.ofEpochMilli(read.timestamp()), LedgerJson.read(read.value())));
            }
        }
        return entries;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
