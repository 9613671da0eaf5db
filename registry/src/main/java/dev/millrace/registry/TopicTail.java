package dev.millrace.registry;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic from its beginning on, committed records only, without a group, and folds it: each reader sees all of it.
 * For one thread, but for {@link #wakeup}.
 *
 * @param <F> what it is folded into
 */
public final class TopicTail<F extends TopicTail.Fold> implements AutoCloseable {

    /** What records are folded into, in their order. */
    public interface Fold {

        /** A record, with the offset it has in its partition. */
        void apply(long offset, byte @Nullable [] key, byte @Nullable [] value);

        /** Forgets everything, to begin again at the first record. */
        void clear();
    }

    private static final Logger LOG = LoggerFactory.getLogger(TopicTail.class);

    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    private final Consumer<byte[], byte[]> consumer;
    private final Supplier<Consumer<byte[], byte[]>> askers;
    private final String topic;
    private final LongSupplier nanoTicker;
    private final F fold;
    private List<TopicPartition> partitions = List.of();

    /** Asks for ends on a connection of its own: on the other one, a fetch that waits for news comes first. */
    private volatile @Nullable Consumer<byte[], byte[]> asker;

    private TopicTail(
            Consumer<byte[], byte[]> consumer,
            Supplier<Consumer<byte[], byte[]>> askers,
            String topic,
            F fold,
            LongSupplier nanoTicker) {
        this.fold = fold;
        this.consumer = consumer;
        this.askers = askers;
        this.topic = topic;
        this.nanoTicker = nanoTicker;
    }

    /**
     * Opens a topic.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic it may be created later, see {@link #assign}
     * @param fold what its records go into
     * @param ends what {@link #readToEnd} takes for the end: what is committed at the time of the call, or also what
     *     transactions that are open then have written, for which it waits until they commit or abort
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return the tail; the caller closes it
     */
    public static <F extends Fold> TopicTail<F> of(
            Map<String, Object> clientProperties, String topic, F fold, IsolationLevel ends, LongSupplier nanoTicker) {
        return new TopicTail<>(
                consumer(clientProperties, IsolationLevel.READ_COMMITTED),
                () -> consumer(clientProperties, ends),
                topic,
                fold,
                nanoTicker);
    }

    private static Consumer<byte[], byte[]> consumer(Map<String, Object> clientProperties, IsolationLevel isolation) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.toString());
        // An offset that is gone means another topic under the old name: it is read anew, knowingly, see poll.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Finds the topic's partitions, once.
     *
     * @return whether the topic exists
     * @throws TimeoutException when no broker answered in time
     */
    public boolean assign(Duration timeout) {
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
    public void poll(Duration maxWait) {
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
     * Folds everything up to the end at the time of the call.
     *
     * @throws TimeoutException when that took too long
     */
    public void readToEnd(Duration timeout) {
        long deadline = nanoTicker.getAsLong() + timeout.toNanos();
        Map<TopicPartition, Long> ends = asker().endOffsets(partitions, timeout);
        while (!hasReached(ends, deadline)) {
            poll(shorter(LONGEST_POLL, remaining(deadline)));
        }
    }

    /**
     * Asks for the end, and tells whether everything up to there was folded.
     *
     * @return false also where no broker says so in time
     */
    public boolean isAtEnd(Duration timeout) {
        try {
            long deadline = nanoTicker.getAsLong() + timeout.toNanos();
            return hasReached(asker().endOffsets(partitions, timeout), deadline);
        } catch (RetriableException e) {
            LOG.debug("The end of topic {} cannot be asked for now: {}", topic, e.toString());
            return false;
        }
    }

    /** {@return what has been read so far, folded} */
    public F fold() {
        return fold;
    }

    /** Makes the reading thread leave with a {@code WakeupException}; may be called by any thread. */
    public void wakeup() {
        consumer.wakeup();
        Consumer<byte[], byte[]> other = asker;
        if (other != null) {
            other.wakeup();
        }
    }

    @Override
    public void close() {
        Consumer<byte[], byte[]> other = asker;
        try {
            if (other != null) {
                other.close();
            }
        } finally {
            // There is no group to leave, and a last word to the broker would wait behind a fetch that waits for news.
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    private Consumer<byte[], byte[]> asker() {
        Consumer<byte[], byte[]> current = asker;
        if (current == null) {
            current = askers.get();
            asker = current;
        }
        return current;
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
