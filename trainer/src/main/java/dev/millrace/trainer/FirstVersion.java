package dev.millrace.trainer;

import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryEntry;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Publishes the first version of a model before there is any example: its base, with the head that the base has. The
 * trainer goes on from it with the ledger's first example.
 */
public final class FirstVersion {

    /** What the transactional ids begin with, each of which is used once. */
    public static final String TRANSACTIONS = "millrace-import-";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private FirstVersion() {}

    /**
     * Publishes it.
     *
     * @param settings of the trainer that will go on from it
     * @param model of one of its jobs, whose base has a head; it has no version yet
     * @param compute where and how to compute
     * @param store of artifacts
     * @param signing what is done to the record before it is published, as in {@link TrainerService#start}
     * @param clock of the time in the record
     * @return its record
     * @throws IOException when a file could not be made durable
     * @throws IllegalArgumentException when the base has no head, or one that the recipe does not train
     * @throws IllegalStateException when the model has versions, or a trainer is running that would make one
     * @throws KafkaException when Kafka does not answer, or refuses
     */
    public static VersionRecord publish(
            TrainerSettings settings,
            String model,
            Compute compute,
            ArtifactStore store,
            UnaryOperator<VersionRecord> signing,
            Clock clock)
            throws IOException {
        PretrainedModel base = settings.job(model).base();
        if (base.head().isEmpty()) {
            throw new IllegalArgumentException(base.name() + " has no head");
        }
        Map<String, Object> client = new HashMap<>(settings.clientProperties());
        requireNobodyTrains(client, settings.groupId());
        ModelRegistry registry = RegistryReader.readSettled(client, settings.registryTopic(), PATIENCE);
        registry.latest(model).ifPresent(version -> {
            throw new IllegalStateException(
                    model + " has versions already, the newest of them " + version.version() + "; choose another name");
        });
        WrittenVersion written = write(settings, model, compute, store, signing, clock, registry);
        List<RegistryEntry> entries = new ArrayList<>(List.of(written.record()));
        entries.addAll(VersionPipeline.decided(written));
        try (VersionPublisher publisher =
                VersionPublisher.open(client, settings.registryTopic(), TRANSACTIONS + UUID.randomUUID())) {
            publisher.change(entries, List.of());
        }
        return written.record();
    }

    private static WrittenVersion write(
            TrainerSettings settings,
            String model,
            Compute compute,
            ArtifactStore store,
            UnaryOperator<VersionRecord> signing,
            Clock clock,
            ModelRegistry registry)
            throws IOException {
        Place place = place(settings, model);
        try (Workbenches benches = Workbenches.of(Map.of(model, settings.job(model)), compute)) {
            ModelOpener opener =
                    new ModelOpener(benches, settings.policy(), store, TrainingObserver.NONE, System::nanoTime);
            Gate gate = new Gate(
                    settings.policy().gate(),
                    store,
                    new Examiner(store, compute, System::nanoTime),
                    () -> registry,
                    clock);
            VersionWriter writer = new VersionWriter(benches, store, clock, System::nanoTime, gate, signing);
            try (ModelTraining training = opener.open(model, Optional.empty(), place.beginning())) {
                return writer.write(
                        model,
                        1,
                        null,
                        place.partition().topic(),
                        place.partition().partition(),
                        training.checkpoint());
            }
        }
    }

    /** Where a model's examples lie, and the first offset there. */
    private record Place(TopicPartition partition, long beginning) {}

    private static Place place(TrainerSettings settings, String model) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                new HashMap<>(settings.clientProperties()), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            int count = consumer.partitionsFor(settings.ledgerTopic(), PATIENCE).size();
            if (count == 0) {
                throw new IllegalStateException("there is no topic " + settings.ledgerTopic() + " yet");
            }
            TopicPartition partition =
                    new TopicPartition(settings.ledgerTopic(), EarlierPartitions.partitionOf(model, count));
            long beginning =
                    consumer.beginningOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
            return new Place(partition, beginning);
        }
    }

    /** A trainer that holds the model would make a first version of its own, under the same number. */
    private static void requireNobodyTrains(Map<String, Object> client, String group) {
        try (Admin admin = Admin.create(client)) {
            int members = 0;
            for (KafkaFuture<ConsumerGroupDescription> described : admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .values()) {
                members += described.get().members().size();
            }
            if (members > 0) {
                throw new IllegalStateException("a trainer is running (" + members + " in the consumer group " + group
                        + "); stop it, import, and start it with the settings of what was imported");
            }
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw new KafkaException("Kafka does not tell who is in the group " + group, e.getCause());
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
