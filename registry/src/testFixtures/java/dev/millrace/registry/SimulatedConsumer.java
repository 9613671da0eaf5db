package dev.millrace.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A member of the group of a {@link SimulatedLog} that reads its ledger.
 *
 * <p>It extends Kafka's mock for the fifty methods only which a trainer does not call; whatever it calls is here.
 */
public final class SimulatedConsumer extends MockConsumer<byte[], byte[]> {

    private static final int MOST_RECORDS = 7;

    private final SimulatedLog log;
    private final Faults faults;
    private @Nullable ConsumerRebalanceListener listener;
    private boolean assigned;
    private boolean paused;
    private int generation;
    private long position = -1;

    SimulatedConsumer(SimulatedLog log, Faults faults) {
        super("none");
        this.log = log;
        this.faults = faults;
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener rebalanced) {
        faults.requireAlive();
        listener = rebalanced;
    }

    @Override
    public synchronized void unsubscribe() {
        faults.requireAlive();
        log.leave(this);
        lose();
        listener = null;
    }

    @Override
    public synchronized Set<TopicPartition> assignment() {
        return assigned ? Set.of(log.ledgerPartition()) : Set.of();
    }

    @Override
    public synchronized Map<String, List<PartitionInfo>> listTopics(Duration timeout) {
        return Map.of(log.ledgerPartition().topic(), List.of());
    }

    @Override
    public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        return faults.perform("poll", this::received, TimeoutException::new);
    }

    private ConsumerRecords<byte[], byte[]> received() {
        if (listener == null) {
            throw new IllegalStateException("the consumer is not subscribed");
        }
        if (assigned && !log.owns(this)) {
            lose();
        }
        if (!assigned && log.join(this)) {
            assigned = true;
            generation = log.generation();
            tell(() -> Objects.requireNonNull(listener).onPartitionsAssigned(List.of(log.ledgerPartition())));
        }
        return !assigned || paused ? ConsumerRecords.empty() : fetched();
    }

    private void lose() {
        if (assigned) {
            assigned = false;
            paused = false;
            position = -1;
            tell(() -> Objects.requireNonNull(listener).onPartitionsLost(List.of(log.ledgerPartition())));
        }
    }

    /** As Kafka does: what the listener throws is wrapped, and the assignment stays. */
    private static void tell(Runnable listening) {
        try {
            listening.run();
        } catch (RuntimeException e) {
            throw new KafkaException("User rebalance callback throws an error", e);
        }
    }

    private ConsumerRecords<byte[], byte[]> fetched() {
        if (position < 0) {
            throw new IllegalStateException("the consumer was not told where to begin");
        }
        TopicPartition partition = log.ledgerPartition();
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        List<SimulatedPartition.Visible> visible = log.ledger().visible(position);
        for (SimulatedPartition.Visible next : visible.subList(0, Math.min(MOST_RECORDS, visible.size()))) {
            records.add(received(partition, next.offset(), next.record()));
        }
        position = records.size() < visible.size()
                ? visible.get(records.size()).offset()
                : Math.max(position, log.ledger().stableEnd());
        return records.isEmpty()
                ? ConsumerRecords.empty()
                : new ConsumerRecords<>(Map.of(partition, records), Map.of(partition, new OffsetAndMetadata(position)));
    }

    private static ConsumerRecord<byte[], byte[]> received(
            TopicPartition partition, long offset, ProducerRecord<byte[], byte[]> record) {
        return new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                offset,
                Objects.requireNonNull(record.timestamp()),
                TimestampType.CREATE_TIME,
                record.key().length,
                record.value().length,
                record.key(),
                record.value(),
                new RecordHeaders(),
                Optional.empty());
    }

    @Override
    public synchronized void pause(Collection<TopicPartition> partitions) {
        paused |= partitions.contains(log.ledgerPartition());
    }

    @Override
    public synchronized void resume(Collection<TopicPartition> partitions) {
        paused &= !partitions.contains(log.ledgerPartition());
    }

    @Override
    public synchronized long position(TopicPartition partition) {
        return position;
    }

    @Override
    public synchronized void seek(TopicPartition partition, long offset) {
        position = offset;
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
        return faults.perform(
                "ask for offsets",
                () -> {
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(log.settledOffsets());
                    new HashSet<>(partitions).forEach(partition -> offsets.putIfAbsent(partition, null));
                    return offsets;
                },
                TimeoutException::new);
    }

    @Override
    public synchronized Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions) {
        return faults.perform("ask for beginnings", () -> Map.of(log.ledgerPartition(), 0L), TimeoutException::new);
    }

    @Override
    public synchronized List<PartitionInfo> partitionsFor(String topic) {
        return faults.perform(
                "ask for partitions",
                () -> List.of(new PartitionInfo(log.ledgerPartition().topic(), 0, null, null, null)),
                TimeoutException::new);
    }

    @Override
    public OptionalLong currentLag(TopicPartition partition) {
        return position < 0
                ? OptionalLong.empty()
                : OptionalLong.of(log.ledger().stableEnd() - position);
    }

    // Kafka is going to make it an interface; until then there is no other way to a member of a generation.
    @SuppressWarnings("removal")
    @Override
    public ConsumerGroupMetadata groupMetadata() {
        return new ConsumerGroupMetadata(log.group(), generation, "member-" + generation, Optional.empty());
    }

    @Override
    public void close() {
        log.leave(this);
    }

    @Override
    public void close(CloseOptions options) {
        close();
    }
}
