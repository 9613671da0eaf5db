package dev.millrace.app;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The committed records of a topic from a time on, up to its ends as they were in the beginning. It joins no consumer
 * group, so it is in nobody's way. For one thread.
 */
final class TopicSpan implements AutoCloseable {

    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> starts = new HashMap<>();
    private final Map<TopicPartition, Long> ends;

    private TopicSpan(Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions, @Nullable Instant from) {
        this.consumer = consumer;
        consumer.assign(partitions);
        this.ends = new TreeMap<>(Comparator.comparingInt(TopicPartition::partition));
        ends.putAll(consumer.endOffsets(partitions));
        starts.putAll(consumer.beginningOffsets(partitions));
        if (from != null) {
            Map<TopicPartition, Long> times = new HashMap<>();
            partitions.forEach(partition -> times.put(partition, from.toEpochMilli()));
            consumer.offsetsForTimes(times)
                    .forEach((partition, found) -> starts.put(partition, offset(partition, found)));
        }
        starts.forEach(consumer::seek);
    }

    /** Where no record is of that time or later, there is nothing to read. */
    private long offset(TopicPartition partition, @Nullable OffsetAndTimestamp found) {
        long end = ends.getOrDefault(partition, 0L);
        return found == null ? end : Math.min(found.offset(), end);
    }

    /**
     * Opens a topic.
     *
     * @param settings of the cluster
     * @param topic its name
     * @param from the first record of this timestamp or a later one is the first that is read in each partition; null to
     *     read from the beginning
     * @return its records; the caller closes them
     * @throws CommandException when there is no such topic
     */
    static TopicSpan open(Settings settings, String topic, @Nullable Instant from) {
        Map<String, Object> properties = settings.kafka().clientProperties();
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // What retention removes while this reads on is gone; what is left is still wanted.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new CommandException("there is no topic " + topic);
            }
            return new TopicSpan(consumer, partitions, from);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /** How many offsets there are to pass; the marks of transactions among them. */
    long length() {
        return ends.entrySet().stream()
                .mapToLong(end -> Math.max(0, end.getValue() - starts.getOrDefault(end.getKey(), 0L)))
                .sum();
    }

    /** How many of them are behind. */
    long done() {
        return ends.entrySet().stream()
                .mapToLong(end -> Math.max(
                        0,
                        Math.min(consumer.position(end.getKey()), end.getValue())
                                - starts.getOrDefault(end.getKey(), 0L)))
                .sum();
    }

    /** Whether all has been read that was there in the beginning. */
    boolean isAtEnd() {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /** Reads on, and waits a moment when there is nothing. */
    List<ConsumerRecord<byte[], byte[]>> poll() {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(LONGEST_POLL);
        List<ConsumerRecord<byte[], byte[]>> within = polled.partitions().stream()
                .flatMap(partition -> polled.records(partition).stream())
                .filter(record ->
                        record.offset() < ends.getOrDefault(new TopicPartition(record.topic(), record.partition()), 0L))
                .toList();
        consumer.pause(ends.keySet().stream()
                .filter(partition -> consumer.position(partition) >= ends.getOrDefault(partition, 0L))
                .toList());
        return within;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
