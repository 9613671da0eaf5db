package dev.millrace.app;

import dev.millrace.ingest.DeadLetter;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what ingest has decided, from the beginning: the ledger and the dead letters. It joins no consumer
 * group, so it is in nobody's way. Not thread-safe.
 */
final class LedgerTail implements AutoCloseable {

    private final String rejectedTopic;
    private final Consumer<byte[], byte[]> consumer;
    private final List<LabelledExample> accepted = new ArrayList<>();
    private final Map<String, List<Long>> offsets = new TreeMap<>();
    private final Map<String, Long> rejected = new TreeMap<>();

    LedgerTail(Settings settings) {
        rejectedTopic = settings.topics().examplesRejected();
        Map<String, Object> properties = new HashMap<>(settings.kafka().clientProperties());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = Stream.of(settings.topics().trainingExamples(), rejectedTopic)
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** Reads on, waiting a moment when there is nothing new. */
    void poll(Duration patience) {
        for (ConsumerRecord<byte[], byte[]> read : consumer.poll(patience)) {
            if (read.topic().equals(rejectedTopic)) {
                Header reason = read.headers().lastHeader(DeadLetter.REASON);
                String code = reason == null ? "unknown" : new String(reason.value(), StandardCharsets.UTF_8);
                rejected.merge(code, 1L, Long::sum);
            } else if (LedgerJson.read(read.value()) instanceof LabelledExample example) {
                accepted.add(example);
                offsets.computeIfAbsent(example.model(), model -> new ArrayList<>())
                        .add(read.offset());
            }
        }
    }

    /** Whether everything that is committed now has been read. */
    boolean isAtEnd() {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /** The examples so far, in the order of the ledger. */
    List<LabelledExample> accepted() {
        return List.copyOf(accepted);
    }

    /** The offsets of the examples of a model so far, in ascending order. */
    List<Long> offsets(String model) {
        return List.copyOf(offsets.getOrDefault(model, List.of()));
    }

    int acceptedCount() {
        return accepted.size();
    }

    /** How many dead letters there are so far, by reason. */
    Map<String, Long> rejected() {
        return new TreeMap<>(rejected);
    }

    long rejectedCount() {
        return rejected.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
