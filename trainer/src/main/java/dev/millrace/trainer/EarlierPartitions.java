package dev.millrace.trainer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /**
     * The first offset that a partition still has, asked for on a connection of its own: a consumer that reads the partition
     * takes the answer for its end, and would not know until more comes that it has read all.
     */
    long beginning(TopicPartition partition) {
        try (Consumer<byte[], byte[]> reader = readers.get()) {
            return reader.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
        }
    }

    static int partitionOf(String model, int partitions) {
        return BuiltInPartitioner.partitionForKey(model.getBytes(StandardCharsets.UTF_8), partitions);
    }

    /**
     * Checks that models have no examples where their keys would lie if there were fewer partitions.
     *
     * @param models of one partition that have no version yet
     * @param own that partition
     * @param partitions how many there are now
     * @throws IllegalStateException when an example of one lies there
     */
    void requireEmptyOf(Collection<String> models, TopicPartition own, int partitions) {
        Map<TopicPartition, Set<String>> places = new HashMap<>();
        for (String model : models) {
            for (int fewer = 1; fewer < partitions; fewer++) {
                TopicPartition place = new TopicPartition(own.topic(), partitionOf(model, fewer));
                places.computeIfAbsent(place, first -> new HashSet<>()).add(model);
            }
        }
        places.remove(own);
        if (places.isEmpty()) {
            return;
        }
        try (Consumer<byte[], byte[]> reader = readers.get()) {
            Map<TopicPartition, Long> beginnings = reader.beginningOffsets(places.keySet());
            Map<TopicPartition, Long> ends = reader.endOffsets(places.keySet());
            places.forEach((place, absent) ->
                    look(reader, absent, own, place, beginnings.getOrDefault(place, 0L), ends.getOrDefault(place, 0L)));
        }
    }

    private static void look(
            Consumer<byte[], byte[]> reader,
            Set<String> absent,
            TopicPartition own,
            TopicPartition place,
            long beginning,
            long end) {
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
                String model = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
                if (absent.contains(model)) {
                    throw new IllegalStateException("An example of " + model + " lies at offset " + record.offset()
                            + " of " + place + ", but its key now belongs to partition " + own.partition()
                            + ": the number of partitions was changed before its first version, which breaks the order of"
                            + " the ledger. Give the model another name to start anew, and send its examples again");
                }
            }
        }
    }
}
