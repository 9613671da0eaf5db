package dev.millrace.trainer;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes over partitions of the ledger: opens the models whose examples they hold, each where its newest version ended. */
final class PartitionOpener {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionOpener.class);

    private final Set<String> names;
    private final Consumer<?, ?> consumer;
    private final SettledRegistry registry;
    private final EarlierPartitions earlier;
    private final ModelOpener opener;

    PartitionOpener(
            Set<String> names,
            Consumer<?, ?> consumer,
            SettledRegistry registry,
            EarlierPartitions earlier,
            ModelOpener opener) {
        this.names = names;
        this.consumer = consumer;
        this.registry = registry;
        this.earlier = earlier;
        this.opener = opener;
    }

    /**
     * Opens what belongs to partitions that were just assigned, and sets the consumer to where their training goes on.
     *
     * @param partitions all of one topic
     * @return the models; the caller closes them
     */
    List<OpenModel> open(Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return List.of();
        }
        ModelRegistry view = registry.read(partitions);
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
        List<OpenModel> opened = new ArrayList<>();
        try {
            for (TopicPartition partition : partitions) {
                open(partition, beginnings.getOrDefault(partition, 0L), view, opened);
            }
            return opened;
        } catch (RuntimeException e) {
            opened.forEach(OpenModel::close);
            throw e;
        }
    }

    private void open(TopicPartition partition, long beginning, ModelRegistry view, List<OpenModel> opened) {
        int count = consumer.partitionsFor(partition.topic()).size();
        long from = Long.MAX_VALUE;
        for (String name : names) {
            if (EarlierPartitions.partitionOf(name, count) == partition.partition()) {
                if (view.latest(name).isEmpty()) {
                    earlier.requireEmptyOf(name, partition, count);
                }
                OpenModel model = open(name, view, partition, beginning);
                opened.add(model);
                from = Math.min(from, model.publishedOffset());
            }
        }
        if (from == Long.MAX_VALUE) {
            consumer.pause(List.of(partition));
            consumer.seek(partition, beginning);
        } else {
            consumer.seek(partition, from);
        }
    }

    /**
     * Opens a model once more, further back in the ledger, because it has to forget something; the consumer is set there.
     *
     * @param tainted the model; its last version is published, and the caller closes it
     * @return the model that takes its place
     */
    OpenModel rewind(OpenModel tainted) {
        TopicPartition partition = tainted.partition();
        long beginning = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
        Unlearning.Rewound rewound =
                opener.unlearning().rewind(tainted.training(), registry.read(List.of(partition)), beginning);
        OpenModel replacement = tainted.replacedBy(rewound.training(), rewound.ancestor());
        consumer.seek(partition, rewound.training().nextOffset());
        return replacement;
    }

    private OpenModel open(String name, ModelRegistry view, TopicPartition partition, long beginning) {
        Optional<VersionRecord> newest = view.latest(name);
        requireReadable(name, newest.map(VersionRecord::version).orElse(0L), view);
        newest.ifPresent(version -> requireSameLedger(version, partition, beginning));
        ReplayHorizon.lost(view.versions(name), partition, beginning).ifPresent(LOG::warn);
        OpenModel open =
                new OpenModel(opener.open(name, newest, beginning), partition, newest, opener.watch(view, name));
        LOG.info(
                "Training {} from offset {} of {}, {}",
                name,
                open.publishedOffset(),
                partition,
                newest.map(version -> "after version " + version.version()).orElse("from the base"));
        return open;
    }

    /** A version that cannot be read must not be trained again under its number, from the one before. */
    private static void requireReadable(String name, long newest, ModelRegistry view) {
        for (ModelRegistry.Problem problem : view.problems()) {
            String number = problem.key().startsWith(name + "/") ? problem.key().substring(name.length() + 1) : "";
            if (number.matches("[1-9][0-9]{0,17}") && Long.parseLong(number) > newest) {
                throw new IllegalStateException("Version " + number + " of " + name
                        + " is in the registry, but its record at offset " + problem.offset() + " cannot be read: "
                        + problem.what()
                        + ". Train on with the Millrace that wrote it, or restore the record. To give that version up,"
                        + " delete it (a record with the key " + problem.key()
                        + " and no value) and the group's offsets"
                        + " (kafka-consumer-groups.sh --delete-offsets)");
            }
        }
    }

    private static void requireSameLedger(VersionRecord version, TopicPartition partition, long beginning) {
        String trained = "Version " + version.version() + " of " + version.model() + " was trained from ";
        if (!version.position().topic().equals(partition.topic())) {
            throw new IllegalStateException(trained + "the topic "
                    + version.position().topic() + ", not "
                    + partition.topic() + ": set topics.training-examples back, or give the model another name to start"
                    + " anew");
        }
        if (version.position().partition() != partition.partition()) {
            throw new IllegalStateException(
                    trained + "partition " + version.position().partition() + " of "
                            + partition.topic() + ", but its key now belongs to partition " + partition.partition()
                            + ": the number of partitions was changed, which breaks the order of the ledger");
        }
        if (version.position().nextOffset() < beginning) {
            throw new IllegalStateException(trained + partition + " up to offset "
                    + version.position().nextOffset() + ", but the topic now begins at " + beginning
                    + ": what lay between was deleted before it was trained on. Give the model another name to start"
                    + " anew from what is left, and keep the ledger for longer");
        }
    }
}
