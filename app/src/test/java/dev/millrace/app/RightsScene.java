package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A Millrace of which every role and every command is a user of its own, with the rights of {@link NeededRights} alone. */
final class RightsScene implements AutoCloseable {

    static final String MODEL = "default";

    final Path folder;
    final GuardedKafka kafka;

    RightsScene(Path folder) throws Exception {
        this.folder = folder;
        kafka = new GuardedKafka(
                folder.resolve("kafka"),
                Stream.of(KafkaUser.values()).map(KafkaUser::toString).toList());
        kafka.admin()
                .createTopics(NeededTopics.of(settings(KafkaUser.DOCTOR), folder))
                .all()
                .get();
        for (KafkaUser user : KafkaUser.values()) {
            kafka.give(NeededRights.of(user, settings(user)), user.toString());
        }
    }

    Settings settings(KafkaUser user, String... more) {
        SettingsLoader loader = new SettingsLoader();
        assignments(user).forEach((key, value) -> loader.put(key, value, "test"));
        Stream.of(more).forEach(assignment -> loader.assignment("--set", assignment));
        return loader.load().settings();
    }

    private Map<String, String> assignments(KafkaUser user) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "kafka.bootstrap-servers", kafka.servers(),
                "kafka.partitions", "1",
                "data-directory", folder.resolve(user.toString()).toString(),
                "registry.store", folder.resolve("store").toString(),
                "http.port", "0",
                "trainer.base", "tiny",
                "trainer.batch-size", "8",
                "trainer.threads", "1",
                "trainer.idle-flush", "200ms",
                "trainer.version-every-examples", "16"));
        all.put("ingest.shed-above-lag", "100000");
        // Or Kafka Streams would remove what it has processed no sooner than after half a minute.
        all.put("kafka.client.repartition.purge.interval.ms", "100");
        GuardedKafka.client(user.toString()).forEach((key, value) -> all.put("kafka.client." + key, value));
        return all;
    }

    /** Starts a role as its user. */
    Rooms start(Role role, String... more) {
        return Rooms.start(
                settings(KafkaUser.of(role).get(0), more),
                EnumSet.of(role),
                new Shell(folder).surroundings(),
                new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE));
    }

    /** Runs a command as its user; what it prints, or what it says of a failure. */
    Shell run(KafkaUser user, int exit, String command) {
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        assignments(user).forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        Shell shell = new Shell(folder);
        assertThat(shell.run(arguments.toArray(String[]::new)))
                .as(() -> user + ": " + command + ": " + shell.err() + shell.out())
                .isEqualTo(exit);
        return shell;
    }

    /** Sends a record as its user. */
    void send(KafkaUser user, String topic, String value) {
        try (ExampleProducer producer = new ExampleProducer(
                kafka.servers(), topic, settings(user).kafka().client(), Pace.unlimited())) {
            producer.place(null, value.getBytes(StandardCharsets.UTF_8), List.of(), null);
        }
    }

    /** The offsets of a topic's only partition that hold committed records, as its user. */
    Set<Long> offsets(KafkaUser user, String topic) {
        Map<String, Object> properties = new HashMap<>(settings(user).kafka().clientProperties());
        properties.put("isolation.level", "read_committed");
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            Set<Long> offsets = new java.util.TreeSet<>();
            while (consumer.position(partition) < end) {
                consumer.poll(java.time.Duration.ofMillis(100)).forEach(record -> offsets.add(record.offset()));
            }
            return offsets;
        }
    }

    @Override
    public void close() {
        kafka.close();
    }
}
