package dev.millrace.trainer;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.model.Classifier;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A broker and a loaded network, on which many trainers run in turn, each on topics of its own. */
final class TrainerBench implements AutoCloseable {

    static final VersionPolicy POLICY = new VersionPolicy(16, Duration.ofDays(1), Duration.ofSeconds(5), 2);

    /**
     * What one trainer, or one group of them, works on.
     *
     * @param name of its ledger, its registry and its group
     */
    record Site(String name, FolderArtifactStore store) {

        String ledger() {
            return name + "-ledger";
        }

        String rejected() {
            return name + "-rejected";
        }

        String registry() {
            return name + "-registry";
        }

        String group() {
            return name + "-trainers";
        }

        TopicPartition partition(int number) {
            return new TopicPartition(ledger(), number);
        }
    }

    final PretrainedModel base;
    final Network network;
    final Tokenizer tokenizer;
    final Admin admin;
    private EmbeddedBroker broker;
    private final Path folder;

    TrainerBench(Path folder) {
        this(folder, TinyBase.model());
    }

    TrainerBench(Path folder, PretrainedModel base) {
        this.folder = folder;
        this.base = base;
        network = Network.load(base, TinyBase.CPU, 0);
        tokenizer = base.tokenizer(32);
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        admin = Admin.create(client());
    }

    void stopBroker() {
        broker.close();
    }

    /** Starts the broker again where it was, with all that it had. */
    void startBroker() {
        String servers = broker.bootstrapServers();
        broker = EmbeddedBroker.start(
                folder.resolve("kafka"), Integer.parseInt(servers.substring(servers.indexOf(':') + 1)));
    }

    Map<String, Object> client() {
        return new HashMap<>(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    Site site(String name, int partitions) throws IOException {
        Site site = new Site(name, FolderArtifactStore.open(folder.resolve(name)));
        // The examples are of the past, and Kafka would delete them before long.
        create(new NewTopic(site.ledger(), partitions, (short) 1).configs(Map.of("retention.ms", "-1")));
        create(new NewTopic(site.rejected(), 1, (short) 1));
        RegistryTopic.all(site.registry(), (short) 1).forEach(this::create);
        return site;
    }

    void create(NewTopic topic) {
        await(admin.createTopics(List.of(topic)).all().toCompletionStage().toCompletableFuture()::get);
    }

    TrainerSettings settings(Site site, String... models) {
        return settings(site, POLICY, models);
    }

    TrainerSettings settings(Site site, VersionPolicy policy, String... models) {
        return settings(site, TinyRecipe.standard(), policy, models);
    }

    TrainerSettings settings(Site site, Recipe recipe, VersionPolicy policy, String... models) {
        Map<String, Job> jobs = new HashMap<>();
        for (String model : models) {
            jobs.put(model, new Job(base, recipe));
        }
        return settings(site, jobs, policy);
    }

    TrainerSettings settings(Site site, Map<String, Job> jobs, VersionPolicy policy) {
        return new TrainerSettings(
                jobs,
                site.ledger(),
                site.rejected(),
                site.registry(),
                site.group(),
                null,
                Duration.ofSeconds(2),
                0,
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                jobs.size(),
                policy);
    }

    /** Appends examples to the ledger as ingest does, in transactions of a few, so that offsets have gaps. */
    void append(Site site, List<LabelledExample> examples) {
        Map<String, Object> properties = client();
        properties.put("transactional.id", site.name() + "-ingest");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            for (int i = 0; i < examples.size(); i += 5) {
                producer.beginTransaction();
                for (LabelledExample example : examples.subList(i, Math.min(examples.size(), i + 5))) {
                    LabelledExample sent = example;
                    await(producer.send(new ProducerRecord<>(
                            site.ledger(),
                            null,
                            sent.time().toEpochMilli(),
                            sent.model().getBytes(StandardCharsets.UTF_8),
                            ExampleJson.write(sent)))::get);
                }
                producer.commitTransaction();
            }
        }
    }

    /** Appends a record as nobody should. */
    void appendRaw(Site site, @Nullable Integer partition, byte @Nullable [] key, byte @Nullable [] value) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client(), new ByteArraySerializer(), new ByteArraySerializer())) {
            await(producer.send(new ProducerRecord<>(site.ledger(), partition, key, value))::get);
        }
    }

    /** Puts a record of any kind into a topic. */
    void put(String topic, String key, byte[] value) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client(), new ByteArraySerializer(), new ByteArraySerializer())) {
            await(producer.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value))::get);
        }
    }

    ModelRegistry registry(Site site) {
        return RegistryReader.readAll(client(), site.registry(), Duration.ofSeconds(30));
    }

    /** What the group has consumed, by partition. */
    Map<Integer, Long> consumed(Site site) {
        Map<Integer, Long> consumed = new TreeMap<>();
        await(admin.listConsumerGroupOffsets(site.group())
                        .partitionsToOffsetAndMetadata()
                        .toCompletionStage()
                        .toCompletableFuture()::get)
                .forEach((partition, offset) -> consumed.put(partition.partition(), offset.offset()));
        return consumed;
    }

    /** All of a model's versions that must not depend on when and where they were made. */
    List<String> history(Site site, String model) {
        List<String> history = new ArrayList<>();
        for (VersionRecord version : registry(site).versions(model)) {
            history.add(version.version() + " after " + version.parent() + ": " + version.examples() + " examples in "
                    + version.steps() + " steps up to " + version.position().nextOffset() + ", "
                    + version.labels() + ", " + new TreeMap<>(version.metrics()) + ", " + sha256(version, "weights")
                    + ", " + sha256(version, Classifier.VOTERS) + ", "
                    + sha256(version, CheckpointFiles.TRAINING_STATE));
        }
        return history;
    }

    static String sha256(VersionRecord version, String role) {
        return version.artifact(role).orElseThrow().sha256();
    }

    Checkpoint checkpoint(Site site, VersionRecord version) throws IOException {
        return CheckpointFiles.read(
                role -> site.store().fetch(version.artifact(role).orElseThrow()));
    }

    interface Wait<T> {
        T get() throws ExecutionException, InterruptedException;
    }

    void deleteTopic(String topic) {
        await(admin.deleteTopics(List.of(topic)).all().toCompletionStage().toCompletableFuture()::get);
    }

    static <T> T await(Wait<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        admin.close();
        tokenizer.close();
        network.close();
        broker.close();
    }

    /** Folds a version again, from the base or from an ancestor. */
    ReplayOutcome replay(Site site, ModelRegistry registry, long version, OptionalLong from) {
        try (LedgerReader ledger = LedgerReader.open(client(), site.ledger(), "support")) {
            VersionRecord record = registry.version("support", version).orElseThrow();
            return Replay.of(record, registry, base, site.store()).run(ledger, from, examples -> {});
        }
    }

    /** Steers the training of the model through its ledger. */
    void control(Site site, ControlRecord.Action action) {
        ControlRecord record = new ControlRecord("support", action, HelpDesk.START, "ann", "a customer asked");
        appendRaw(site, null, "support".getBytes(StandardCharsets.UTF_8), LedgerJson.write(record));
    }
}
