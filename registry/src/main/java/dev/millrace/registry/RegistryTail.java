package dev.millrace.registry;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the registry's topic from its beginning on, committed records only, without a group: each reader sees all of it.
 * For one thread, but for {@link #wakeup}.
 */
final class RegistryTail implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RegistryTail.class);

    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private final LongSupplier nanoTicker;
    private final RegistryFold fold = new RegistryFold();
    private List<TopicPartition> partitions = List.of();
    private boolean polled;

    /** Asks for ends on a connection of its own: the broker answers only after a fetch that waits on the other one. */
    private volatile @Nullable Consumer<byte[], byte[]> asking;

    RegistryTail(Supplier<Consumer<byte[], byte[]>> consumers, String topic, LongSupplier nanoTicker) {
        this.consumers = consumers;
        this.consumer = consumers.get();
        this.topic = topic;
        this.nanoTicker = nanoTicker;
    }

    static RegistryTail of(Map<String, Object> clientProperties, String topic, LongSupplier nanoTicker) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        // An offset that is gone means another topic under the old name: it is read anew, knowingly, see poll.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        return new RegistryTail(
                () -> new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
                topic,
                nanoTicker);
    }

    /**
     * Finds the topic's partitions, once.
     *
     * @return whether the topic exists
     * @throws TimeoutException when no broker answered in time
     */
    boolean assign(Duration timeout) {
        if (partitions.isEmpty()) {
            partitions = consumer.partitionsFor(topic, timeout).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            if (!partitions.isEmpty()) {
                consumer.seekToBeginning(partitions);
            }
        }
        return !partitions.isEmpty();
    }

    /** Folds what has come, or waits until something comes. */
    void poll(Duration maxWait) {
        polled = true;
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(maxWait)) {
                fold.apply(record.offset(), record.key(), record.value());
            }
        } catch (InvalidOffsetException e) {
            LOG.warn("Topic {} was made anew or cut; reading it from its beginning: {}", topic, e.getMessage());
            fold.clear();
            consumer.seekToBeginning(partitions);
        }
    }

    /**
     * Folds everything that is committed at the time of the call.
     *
     * @throws TimeoutException when that took too long
     */
    void readToEnd(Duration timeout) {
        long deadline = nanoTicker.getAsLong() + timeout.toNanos();
        // Under read_committed this is the last stable offset, so a transaction that is still open holds nobody up.
        Map<TopicPartition, Long> ends = forAsking().endOffsets(partitions, timeout);
        while (!hasReached(ends, deadline)) {
            poll(shorter(LONGEST_POLL, remaining(deadline)));
        }
    }

    ModelRegistry registry() {
        return fold.view();
    }

    /** Makes the reading thread leave with a {@code WakeupException}; may be called by any thread. */
    void wakeup() {
        consumer.wakeup();
        Consumer<byte[], byte[]> other = asking;
        if (other != null) {
            other.wakeup();
        }
    }

    @Override
    public void close() {
        Consumer<byte[], byte[]> other = asking;
        try (consumer) {
            if (other != null) {
                other.close();
            }
        }
    }

    private Consumer<byte[], byte[]> forAsking() {
        if (!polled) {
            return consumer;
        }
        Consumer<byte[], byte[]> other = asking;
        if (other == null) {
            other = consumers.get();
            asking = other;
        }
        return other;
    }

    /** By position and not by count of records, for the markers of transactions take offsets too. */
    private boolean hasReached(Map<TopicPartition, Long> ends, long deadline) {
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            if (consumer.position(end.getKey(), remaining(deadline)) < end.getValue()) {
                return false;
            }
        }
        return true;
    }

    private Duration remaining(long deadline) {
        long nanos = deadline - nanoTicker.getAsLong();
        if (nanos <= 0) {
            throw new TimeoutException("topic '" + topic + "' could not be read to its end in time");
        }
        return Duration.ofNanos(nanos);
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
