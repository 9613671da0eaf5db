package dev.millrace.app;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/** Names of models of which each has a partition of its own, so that trainers that share partitions share models evenly. */
final class SpreadModels {

    private SpreadModels() {}

    /**
     * Names.
     *
     * @param count of models and of partitions
     * @return by partition
     */
    static List<String> names(int count) {
        TreeMap<Integer, String> byPartition = new TreeMap<>();
        for (int number = 1; byPartition.size() < count; number++) {
            String name = "model-" + number;
            byPartition.putIfAbsent(
                    BuiltInPartitioner.partitionForKey(name.getBytes(StandardCharsets.UTF_8), count), name);
        }
        return List.copyOf(byPartition.values());
    }
}
