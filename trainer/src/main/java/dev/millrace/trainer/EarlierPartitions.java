package dev.millrace.trainer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Notices that partitions were added to the ledger while a model had no version yet, whose record would tell: its first
 * examples then lie on the partition that its key belonged to before.
 *
 * <p>Looks only there, and only at the first records of each such partition, so that it costs a fetch or two. A model
 * whose examples on its former partition come after thousands of another model's is not noticed.
 */
final class EarlierPartitions {

    private static final int MOST_RECORDS = 5000;
    private static final Duration WAIT = Duration.ofMillis(200);
    private static final int MOST_WAITS = 50;

    private final Supplier<Consumer<byte[], byte[]>> readers;

    /** @param readers consumers of no group, that read what is committed; closed here */
    EarlierPartitions(Supplier<Consumer<byte[], byte[]>> readers) {
        this.readers = readers;
    }

    static int partitionOf(String model, int partitions) {
        return BuiltInPartitioner.partitionForKey(model.getBytes(StandardCharsets.UTF_8), partitions);
    }

    /**
     * Checks that a model has no examples where its key would lie if there were fewer partitions.
     *
     * @param model that has no version yet
     * @param own its partition
     * @param partitions how many there are now
     * @throws IllegalStateException when an example of it lies there
     */
    void requireEmptyOf(String model, TopicPartition own, int partitions) {
        Collection<Integer> earlier = new TreeSet<>();
        for (int fewer = 1; fewer < partitions; fewer++) {
            earlier.add(partitionOf(model, fewer));
        }
        earlier.remove(own.partition());
        if (earlier.isEmpty()) {
            return;
        }
        List<TopicPartition> places = earlier.stream()
                .map(number -> new TopicPartition(own.topic(), number))
                .toList();
        try (Consumer<byte[], byte[]> reader = readers.get()) {
            Map<TopicPartition, Long> beginnings = reader.beginningOffsets(places);
            Map<TopicPartition, Long> ends = reader.endOffsets(places);
            for (TopicPartition place : places) {
                look(reader, model, own, place, beginnings.getOrDefault(place, 0L), ends.getOrDefault(place, 0L));
            }
        }
    }

    private static void look(
            Consumer<byte[], byte[]> reader,
            String model,
            TopicPartition own,
            TopicPartition place,
            long beginning,
            long end) {
        byte[] key = model.getBytes(StandardCharsets.UTF_8);
        reader.assign(List.of(place));
        reader.seek(place, beginning);
        int read = 0;
        int waits = 0;
        while (read < MOST_RECORDS && reader.position(place) < end) {
            if (waits++ == MOST_WAITS) {
                throw new TimeoutException("The first records of " + place + " did not come");
            }
            for (ConsumerRecord<byte[], byte[]> record : reader.poll(WAIT)) {
                waits = 0;
                read++;
                if (Arrays.equals(record.key(), key)) {
                    throw new IllegalStateException("An example of " + model + " lies at offset " + record.offset()
                            + " of " + place + ", but its key now belongs to partition " + own.partition()
                            + ": the number of partitions was changed before its first version, which breaks the order of"
                            + " the ledger. Give the model another name to start anew, and send its examples again");
                }
            }
        }
    }
}
