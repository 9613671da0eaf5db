package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** More than can be learned, and more bad records than anybody should send: on a real broker. */
@Timeout(120)
class OverloadTest {

    private static final String TRAINERS = "trainers";

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;
    private static Admin admin;

    private final CountingObserver observer = new CountingObserver();

    @BeforeAll
    static void open() {
        broker = EmbeddedBroker.start(folder.resolve("broker"));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    @AfterAll
    static void close() {
        admin.close();
        broker.close();
    }

    @Test
    void shedsASampleWhileTrainingIsBehindAndNothingOnceItIsNot() throws Exception {
        int bound = 500;
        int sent = 5000;
        IngestSettings settings =
                settings("shed").with(new IngestSettings.Shedding(TRAINERS, bound, IngestSettings.LEAST_KEPT_SHARE));
        int surely = bound / 3;
        Set<String> kept;
        try (IngestService service = service(settings)) {
            service.start();
            send(settings, ids(sent));
            await(() -> observer.accepted.get() + observer.shed.get() == sent);
            kept = ledger(settings, observer.accepted.get());
            // All up to the bound, then fewer and fewer, then one in twenty. What was written between two looks counts
            // twice, so where writing takes long, half of the bound may be the most that is taken whole.
            assertThat(kept).hasSizeBetween(bound / 2, 2 * bound + sent / 20);
            assertThat(kept).containsAll(ids(surely).toList());
            assertThat(observer.shed).hasValueGreaterThan(sent / 2);
            assertThat(observer.rejected()).isEmpty();
            assertThat(records(settings.topics().examplesRejected(), 0)).isEmpty();

            learnAll(settings);
            // These are the last to be taken.
            Iterator<String> probes = Stream.iterate(0, i -> i + 1)
                    .map(i -> "probe-" + i)
                    .filter(id -> Shedding.place("support", id) > 0.99)
                    .iterator();
            int accepted = observer.accepted.get();
            while (observer.accepted.get() == accepted) {
                int decided = accepted + observer.shed.get();
                send(settings, Stream.of(probes.next()));
                await(() -> observer.accepted.get() + observer.shed.get() == decided + 1);
            }
            assertThat(service.failure()).isEmpty();
        }

        learnAll(settings);
        int shed = observer.shed.get();
        int accepted = observer.accepted.get() + surely;
        // Another one asks Kafka before it begins, so it knows from the first record on that nothing is behind.
        try (IngestService service = service(settings)) {
            service.start();
            send(settings, ids(surely));
            send(settings, ids(sent).filter(id -> !kept.contains(id)).limit(surely));
            await(() -> observer.duplicates.get() == surely && observer.accepted.get() == accepted);
            assertThat(observer.shed).hasValue(shed);
            assertThat(ledger(settings, accepted)).hasSize(accepted);
            assertThat(service.failure()).isEmpty();
        }
    }

    @Test
    void everySecondRecordIsBadAndEachArrivesOnceWhereItBelongsOverARestart() throws Exception {
        List<String> bad = List.of(
                "hello",
                "[1]",
                "{\"id\":\"%d\",\"label\":\"l\"}",
                "{\"id\":\"%d\",\"text\":\"\",\"label\":\"l\"}",
                "{\"id\":\"%d\",\"text\":\"t\"}",
                "{\"id\":\"%d\",\"text\":\"t\",\"label\":7}",
                "{\"id\":\"%d\",\"text\":\"t\",\"label\":\"l\",\"model\":\"none\"}",
                "{\"id\":\"%d\",\"text\":\"t\",\"label\":\"l\",\"time\":\"yesterday\"}");
        int each = 4000;
        IngestSettings settings = settings("poison");
        Stream<byte[]> values = IntStream.range(0, 2 * each)
                .mapToObj(i -> i % 2 == 0
                        ? json("id-" + i / 2)
                        : bad.get(i / 2 % bad.size()).formatted(i).getBytes(UTF_8));
        sendValues(settings, values);

        try (IngestService service = service(settings)) {
            service.start();
            await(() -> observer.accepted.get() > each / 4);
        }
        try (IngestService service = service(settings)) {
            service.start();
            Set<String> good = ledger(settings, each);
            List<ConsumerRecord<byte[], byte[]>> dead =
                    records(settings.topics().examplesRejected(), each);
            assertThat(good).isEqualTo(new HashSet<>(ids(each).toList()));
            assertThat(dead)
                    .hasSize(each)
                    .extracting(record -> Integer.parseInt(header(record, DeadLetter.OFFSET)))
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, each).mapToObj(i -> 2 * i + 1).toList());
            assertThat(dead.stream()
                            .map(record -> header(record, DeadLetter.REASON))
                            .distinct())
                    .hasSize(bad.size());
            assertThat(service.failure()).isEmpty();
        }
    }

    private IngestService service(IngestSettings settings) {
        return new IngestService(settings, TextProbe.ANY, observer);
    }

    private static IngestSettings settings(String name) {
        IngestSettings defaults =
                IngestSettings.of(broker.bootstrapServers(), folder.resolve("state-" + name), Set.of("support"));
        IngestSettings own = new IngestSettings(
                defaults.bootstrapServers(),
                "ingest-" + name,
                null,
                defaults.stateDirectory(),
                new IngestSettings.Topics(name, name + "-ledger", name + "-rejected"),
                defaults.models(),
                defaults.maxTextCharacters(),
                defaults.maxRecordBytes(),
                defaults.deduplicationWindow(),
                defaults.processingThreads(),
                defaults.standbyReplicas(),
                defaults.joining(),
                defaults.clientProperties(),
                defaults.format(),
                defaults.shedding(),
                defaults.copies());
        TopicCreation.createMissing(admin, IngestTopics.of(own, 1, (short) 1));
        return own;
    }

    private static Stream<String> ids(int count) {
        return IntStream.range(0, count).mapToObj(i -> "id-" + i);
    }

    private static void send(IngestSettings settings, Stream<String> ids) {
        sendValues(settings, ids.map(OverloadTest::json));
    }

    private static void sendValues(IngestSettings settings, Stream<byte[]> values) {
        try (ExampleProducer producer = new ExampleProducer(
                broker.bootstrapServers(), settings.topics().examples(), Map.of(), Pace.unlimited())) {
            producer.sendAll(values.iterator(), sent -> {});
        }
    }

    /** The ids in the ledger, where the first {@code atLeast} are there and none lies there twice. */
    private static Set<String> ledger(IngestSettings settings, int atLeast) {
        List<String> ids = records(settings.topics().trainingExamples(), atLeast).stream()
                .map(record -> ExampleJson.read(record.value()).id())
                .toList();
        assertThat(ids).doesNotHaveDuplicates();
        return new HashSet<>(ids);
    }

    /** Commits the end of the ledger for the trainers. */
    private static void learnAll(IngestSettings settings) throws Exception {
        TopicPartition partition = new TopicPartition(settings.topics().trainingExamples(), 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            long end = Objects.requireNonNull(
                    consumer.endOffsets(List.of(partition)).get(partition));
            admin.alterConsumerGroupOffsets(TRAINERS, Map.of(partition, new OffsetAndMetadata(end)))
                    .all()
                    .get();
        }
    }

    /** All that is committed in a topic, once there are so many. */
    private static List<ConsumerRecord<byte[], byte[]>> records(String topic, int atLeast) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            await(() -> {
                consumer.poll(Duration.ofMillis(50)).forEach(records::add);
                return records.size() >= atLeast
                        && consumer.currentLag(partition).orElse(1) == 0;
            });
            return records;
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline)
                    .as("nanoseconds over the deadline")
                    .isNegative();
            LockSupport.parkNanos(10_000_000);
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }

    private static byte[] json(String id) {
        return ("{\"id\":\"" + id + "\",\"text\":\"text of " + id + "\",\"label\":\"label\"}").getBytes(UTF_8);
    }
}
