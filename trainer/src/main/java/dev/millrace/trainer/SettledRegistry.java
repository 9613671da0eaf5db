package dev.millrace.trainer;

import dev.millrace.registry.ModelRegistry;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the registry once all is in it that earlier owners of a partition published: the truth to train on from.
 *
 * <p>An owner that lost a partition may have begun a transaction while it was still the owner, and may commit it later.
 * A version and the offset it consumed are one transaction, so the offset tells whether the version is still to come.
 */
final class SettledRegistry {

    private static final int MOST_READS = 20;

    private final Consumer<?, ?> consumer;
    private final Supplier<ModelRegistry> registry;

    SettledRegistry(Consumer<?, ?> consumer, Supplier<ModelRegistry> registry) {
        this.consumer = consumer;
        this.registry = registry;
    }

    /**
     * What is settled.
     *
     * @param view of the registry
     * @param committed by the group, for each partition that was asked for; null where nothing was
     */
    record Settled(ModelRegistry view, Map<TopicPartition, @Nullable OffsetAndMetadata> committed) {

        /** The offset that is committed for a partition, and of which models records before it were read over. */
        SkippedModels skipped(TopicPartition partition) {
            OffsetAndMetadata consumed = committed.get(partition);
            return consumed == null ? SkippedModels.UNKNOWN : SkippedModels.of(consumed.metadata());
        }

        long offset(TopicPartition partition) {
            return SettledRegistry.offset(committed.get(partition));
        }
    }

    Settled read(Collection<TopicPartition> partitions) {
        // Kafka answers when no transaction that holds offsets of these partitions is open any more (KIP-447).
        Map<TopicPartition, @Nullable OffsetAndMetadata> committed = consumer.committed(Set.copyOf(partitions));
        ModelRegistry view = registry.get();
        // The offset of a transaction can be seen a moment before its version: they lie on different partitions.
        for (int reads = 1; reads < MOST_READS && behind(view, committed) != null; reads++) {
            view = registry.get();
        }
        TopicPartition behind = behind(view, committed);
        if (behind != null) {
            throw new IllegalStateException("The trainers' consumer group has gone on to offset "
                    + offset(committed.get(behind)) + " of " + behind + ", but no version in the registry reaches it."
                    + " Either the registry has lost records ("
                    + view.problems().size()
                    + " of them cannot be read) or somebody moved the group's offsets. To train on from the versions"
                    + " that are there, delete the group's offsets with kafka-consumer-groups.sh --delete-offsets");
        }
        return new Settled(view, committed);
    }

    private static @Nullable TopicPartition behind(
            ModelRegistry view, Map<TopicPartition, @Nullable OffsetAndMetadata> committed) {
        for (Map.Entry<TopicPartition, @Nullable OffsetAndMetadata> consumed : committed.entrySet()) {
            if (offset(consumed.getValue()) > reached(view, consumed.getKey())) {
                return consumed.getKey();
            }
        }
        return null;
    }

    private static long reached(ModelRegistry view, TopicPartition partition) {
        return view.models().stream()
                .flatMap(model -> view.latest(model).stream())
                .map(version -> version.position())
                .filter(position ->
                        position.topic().equals(partition.topic()) && position.partition() == partition.partition())
                .mapToLong(position -> position.nextOffset())
                .max()
                .orElse(0);
    }

    private static long offset(@Nullable OffsetAndMetadata consumed) {
        return consumed == null ? 0 : consumed.offset();
    }
}
