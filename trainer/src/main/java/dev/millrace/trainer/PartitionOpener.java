package dev.millrace.trainer;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes over partitions of the ledger: opens the models whose examples they hold, each where its newest version ended. */
final class PartitionOpener {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionOpener.class);

    private final TrainerSettings settings;
    private final CreatedJobs created;
    private final Consumer<?, ?> consumer;
    private final SettledRegistry registry;
    private final EarlierPartitions earlier;
    private final ModelOpener opener;

    PartitionOpener(
            TrainerSettings settings,
            CreatedJobs created,
            Consumer<?, ?> consumer,
            SettledRegistry registry,
            EarlierPartitions earlier,
            ModelOpener opener) {
        this.settings = settings;
        this.created = created;
        this.consumer = consumer;
        this.registry = registry;
        this.earlier = earlier;
        this.opener = opener;
    }

    /**
     * Takes what belongs to partitions that were just assigned, takes into memory as much of it as may be there, and sets
     * the consumer to where training goes on.
     *
     * @param partitions all of one topic
     * @param held where it goes
     * @return the models that are in memory now
     */
    List<OpenModel> open(Collection<TopicPartition> partitions, HeldModels held) {
        if (partitions.isEmpty()) {
            return List.of();
        }
        Set<String> names = new TreeSet<>(settings.models());
        names.addAll(created.models());
        SettledRegistry.Settled settled = registry.read(partitions);
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
        List<OpenModel> opened = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            for (IdleModel model : take(partition, names, beginnings.getOrDefault(partition, 0L), settled, held)) {
                if (held.openCount() < settings.openModels()) {
                    opened.add(wake(model, held));
                }
            }
        }
        return opened;
    }

    private List<IdleModel> take(
            TopicPartition partition,
            Collection<String> names,
            long beginning,
            SettledRegistry.Settled settled,
            HeldModels held) {
        int count = consumer.partitionsFor(partition.topic()).size();
        List<String> own = names.stream()
                .filter(name -> EarlierPartitions.partitionOf(name, count) == partition.partition())
                .toList();
        SkippedModels skipped = settled.skipped(partition);
        boolean claimed = skipped.areKnown() && own.stream().noneMatch(skipped::mayHave);
        long complete = claimed ? settled.offset(partition) : 0;
        earlier.requireEmptyOf(
                own.stream()
                        .filter(name -> settled.view().latest(name).isEmpty())
                        .toList(),
                partition,
                count);
        List<IdleModel> models = own.stream()
                .map(name -> idle(name, settled.view(), partition, beginning, complete))
                .toList();
        models.forEach(held::put);
        long from = claimed
                ? complete
                : models.stream().mapToLong(IdleModel::publishedOffset).min().orElse(beginning);
        held.take(partition, from <= beginning ? SkippedModels.NONE : skipped.without(own));
        if (models.isEmpty() && !created.canCome()) {
            consumer.pause(List.of(partition));
        }
        consumer.seek(partition, Math.max(from, beginning));
        return models;
    }

    /**
     * Takes a model into memory of which a record has come.
     *
     * @param model that is idle
     * @param held where it is
     * @return it
     */
    OpenModel wake(IdleModel model, HeldModels held) {
        OpenModel open = opener.open(model);
        held.put(open);
        LOG.info(
                "Training {} from offset {} of {}, {}",
                model.model(),
                open.publishedOffset(),
                model.partition(),
                Optional.ofNullable(model.newest())
                        .map(version -> "after version " + version.version())
                        .orElse("from the base"));
        return open;
    }

    /**
     * Takes a model whose job was created after its partition was assigned.
     *
     * @param name of a model that is not held
     * @param partition that a record of it has come in
     * @param held where it goes
     * @return it; empty when there is no such job
     */
    Optional<IdleModel> find(String name, TopicPartition partition, HeldModels held) {
        int count = consumer.partitionsFor(partition.topic()).size();
        boolean belongs = EarlierPartitions.partitionOf(name, count) == partition.partition();
        if (!belongs || created.find(name).isEmpty()) {
            return Optional.empty();
        }
        ModelRegistry view = registry.read(List.of(partition)).view();
        if (view.latest(name).isEmpty()) {
            earlier.requireEmptyOf(List.of(name), partition, count);
        }
        IdleModel model = idle(name, view, partition, earlier.beginning(partition), 0);
        held.put(model);
        return Optional.of(model);
    }

    /** Sets the consumer to the first record of a model that may have been read over before its job was known. */
    void readAgain(IdleModel model, HeldModels held) {
        TopicPartition partition = model.partition();
        long from = Math.min(model.publishedOffset(), consumer.position(partition));
        LOG.info("{} has a job now; {} is read again for it from offset {} on", model.model(), partition, from);
        consumer.seek(partition, from);
        held.take(
                partition,
                from <= earlier.beginning(partition)
                        ? SkippedModels.NONE
                        : held.skipped(partition).without(List.of(model.model())));
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
        Unlearning.Rewound rewound = opener.unlearning()
                .rewind(tainted.training(), registry.read(List.of(partition)).view(), beginning);
        OpenModel replacement = tainted.replacedBy(rewound.training(), rewound.ancestor());
        consumer.seek(partition, rewound.training().nextOffset());
        return replacement;
    }

    /**
     * A model as its newest version left it.
     *
     * @param complete there is nothing of it before this offset that is not in its newest version
     */
    private IdleModel idle(String name, ModelRegistry view, TopicPartition partition, long beginning, long complete) {
        Optional<VersionRecord> newest = view.latest(name);
        requireReadable(name, newest.map(VersionRecord::version).orElse(0L), view);
        newest.ifPresent(version -> {
            requireSameLedger(version, partition, beginning, complete);
            opener.requireSameBase(version);
        });
        ReplayHorizon.lost(view.versions(name), partition, beginning).ifPresent(LOG::warn);
        return new IdleModel(
                name,
                partition,
                newest.orElse(null),
                newest.map(version -> version.position().nextOffset()).orElse(beginning),
                opener.watch(view, name));
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

    private static void requireSameLedger(
            VersionRecord version, TopicPartition partition, long beginning, long complete) {
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
        if (Math.max(version.position().nextOffset(), complete) < beginning) {
            throw new IllegalStateException(trained + partition + " up to offset "
                    + version.position().nextOffset() + ", but the topic now begins at " + beginning
                    + ": what lay between was deleted before it was trained on. Give the model another name to start"
                    + " anew from what is left, and keep the ledger for longer");
        }
    }
}
