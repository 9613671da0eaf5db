package dev.millrace.trainer;

import dev.millrace.registry.VersionRecord;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The models whose partitions a trainer holds: those in memory, those that are idle, and how much of each partition is in
 * versions. Not thread-safe: it belongs to the training thread.
 */
final class HeldModels {

    private final Consumer<?, ?> consumer;
    private final Arrivals arrivals;
    private final NavigableMap<String, OpenModel> open = new TreeMap<>();
    private final Map<String, IdleModel> idle = new TreeMap<>();
    private final Map<TopicPartition, SkippedModels> skipped = new HashMap<>();

    HeldModels(Consumer<?, ?> consumer, Arrivals arrivals) {
        this.consumer = consumer;
        this.arrivals = arrivals;
    }

    /** Those in memory as they are now, by name. */
    List<OpenModel> open() {
        return List.copyOf(open.values());
    }

    int openCount() {
        return open.size();
    }

    @Nullable OpenModel open(String model) {
        return open.get(model);
    }

    @Nullable IdleModel idle(String model) {
        return idle.get(model);
    }

    /** Whether a model is held, and is still this one. */
    boolean holds(OpenModel model) {
        return open.get(model.training().model()) == model;
    }

    /** All names, for people. */
    Set<String> names() {
        Set<String> names = new TreeSet<>(open.keySet());
        names.addAll(idle.keySet());
        return names;
    }

    /** Where all of them lie. */
    List<TopicPartition> partitions() {
        return List.copyOf(skipped.keySet());
    }

    /** Takes a partition, of whose records those of some models were read over. */
    void take(TopicPartition partition, SkippedModels readOver) {
        skipped.put(partition, readOver);
    }

    SkippedModels skipped(TopicPartition partition) {
        return skipped.getOrDefault(partition, SkippedModels.UNKNOWN);
    }

    /** Tells that a record of a model was read over. */
    void skip(TopicPartition partition, String model) {
        take(partition, skipped(partition).with(model));
    }

    void put(IdleModel model) {
        idle.put(model.model(), model);
    }

    /** Takes a model that is in memory now, in the place of what was held by its name. */
    void put(OpenModel model) {
        String name = model.training().model();
        idle.remove(name);
        open.put(name, model);
    }

    /** Lets models of a partition go; the caller closes those that are in memory. */
    Dropped drop(Collection<TopicPartition> partitions) {
        List<OpenModel> closing = open.values().stream()
                .filter(model -> partitions.contains(model.partition()))
                .toList();
        Set<String> names = new TreeSet<>();
        idle.values().removeIf(model -> partitions.contains(model.partition()) && names.add(model.model()));
        closing.forEach(model -> {
            names.add(model.training().model());
            open.remove(model.training().model());
        });
        partitions.forEach(skipped::remove);
        return new Dropped(closing, names);
    }

    /** What is let go: the models in memory, and the names of all. */
    record Dropped(List<OpenModel> open, Set<String> names) {}

    /** Makes idle the model that nothing has come of for longest, if there is one whose version has all of it. */
    Optional<OpenModel> letRest() {
        Optional<OpenModel> longest =
                open.values().stream().filter(this::canRest).min(Comparator.comparingLong(OpenModel::usedNanos));
        longest.ifPresent(model -> {
            open.remove(model.training().model());
            put(model.atRest());
        });
        return longest;
    }

    private boolean canRest(OpenModel model) {
        return isPublished(model) && model.examination() == null;
    }

    private boolean isPublished(OpenModel model) {
        return model.isPublished() && arrivals.of(model) == 0;
    }

    /**
     * What of a partition is in versions once another one is published: everything before an offset, of all models but
     * those that were read over.
     *
     * @param model whose version it is
     * @param version that version
     */
    Map<TopicPartition, OffsetAndMetadata> consumed(OpenModel model, VersionRecord version) {
        TopicPartition partition = model.partition();
        // After a step back in the ledger, what lies ahead has come once, and does not wait here any more.
        long read = Math.min(consumer.position(partition), version.position().nextOffset());
        long offset = open.values().stream()
                .filter(other -> other != model && other.partition().equals(partition) && !isPublished(other))
                .mapToLong(OpenModel::publishedOffset)
                .reduce(read, Math::min);
        return Map.of(
                partition, new OffsetAndMetadata(offset, skipped(partition).metadata()));
    }
}
