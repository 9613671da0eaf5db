package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ingest on a real broker: what is good arrives in order, what is bad is kept and explained, and nothing is lost. */
@Timeout(180)
class IngestServiceTest {

    private static final int MEBIBYTE = 1024 * 1024;

    @TempDir
    Path brokerFolder;

    @TempDir
    Path stateFolder;

    private final CountingObserver observer = new CountingObserver();
    private EmbeddedBroker broker;
    private IngestSettings settings;

    @BeforeEach
    void open() {
        broker = EmbeddedBroker.start(brokerFolder);
        settings = IngestSettings.of(broker.bootstrapServers(), stateFolder.resolve("first"), Set.of("support"));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void explainsBadRecordsAndGoesOn() throws Exception {
        createTopics(1);
        Map<String, byte[]> bad = badRecords();
        List<byte[]> all = new ArrayList<>();
        Iterator<byte[]> next = bad.values().iterator();
        for (int i = 0; next.hasNext(); i++) {
            all.add(json("id-" + i, "good " + i));
            all.add(next.next());
        }
        all.add(json("id-0", "the same id again"));
        all.add(json("last", "good at last"));

        try (IngestService service = service(settings);
                KafkaProducer<byte[], byte[]> producer = producer()) {
            service.start();
            for (byte[] value : all) {
                producer.send(new ProducerRecord<>("examples", 0, bytes("key"), value))
                        .get(30, TimeUnit.SECONDS);
            }
            List<ConsumerRecord<byte[], byte[]>> dead = read("examples-rejected", bad.size());
            List<ConsumerRecord<byte[], byte[]>> good = read("training-examples", bad.size() + 1);

            assertThat(good)
                    .extracting(record -> ExampleJson.read(record.value()).text())
                    .containsExactlyElementsOf(expectedTexts(bad.size()));
            assertThat(good).allSatisfy(record -> assertThat(text(record.key())).isEqualTo("support"));
            assertThat(dead)
                    .extracting(record -> header(record, DeadLetter.REASON))
                    .containsExactlyElementsOf(bad.keySet().stream()
                            .map(name -> name.replaceAll(" .*", ""))
                            .toList());
            for (ConsumerRecord<byte[], byte[]> record : dead) {
                int offset = Integer.parseInt(header(record, DeadLetter.OFFSET));
                assertThat(Arrays.equals(record.value(), all.get(offset)))
                        .as("value of the record at %d is kept", offset)
                        .isTrue();
                assertThat(record.key()).isEqualTo(bytes("key"));
            }
            assertThat(observer.duplicates).hasValue(1);
            assertThat(observer.accepted).hasValue(bad.size() + 1);
            assertThat(service.isHealthy()).isTrue();
            assertThat(service.failure()).isEmpty();
        }
    }

    @Test
    void remembersIdsOverARestartAndTheLossOfItsDisk() throws Exception {
        createTopics(3);
        try (IngestService service = service(settings)) {
            service.start();
            send(0, json("a", "first"));
            read("training-examples", 1);
        }
        try (IngestService service = service(settings)) {
            service.start();
            send(1, json("a", "again by another partition"));
            send(1, json("b", "second"));
            read("training-examples", 2);
        }
        IngestSettings elsewhere =
                IngestSettings.of(broker.bootstrapServers(), stateFolder.resolve("second"), Set.of("support"));
        try (IngestService service = service(elsewhere)) {
            service.start();
            send(2, json("a", "again elsewhere"));
            send(2, json("b", "again elsewhere"));
            send(2, json("c", "third"));
            assertThat(read("training-examples", 3))
                    .extracting(record -> ExampleJson.read(record.value()).text())
                    .containsExactly("first", "second", "third");
        }
        assertThat(observer.duplicates).hasValue(3);
    }

    @Test
    void takesWhatTheProducerSends() throws Exception {
        createTopics(1);
        List<byte[]> values = IntStream.range(0, 2_000)
                .mapToObj(i -> json("id-" + i, "text " + i))
                .toList();
        try (IngestService service = service(settings);
                ExampleProducer producer =
                        new ExampleProducer(broker.bootstrapServers(), "examples", Map.of(), Pace.unlimited())) {
            service.start();
            assertThat(producer.sendAll(values.iterator(), sent -> {})).isEqualTo(2_000);
            assertThat(read("training-examples", 2_000))
                    .extracting(record -> ExampleJson.read(record.value()).id())
                    .containsExactlyElementsOf(
                            IntStream.range(0, 2_000).mapToObj(i -> "id-" + i).toList());
        }
    }

    @Test
    void saysWhyItStopped() {
        try (IngestService service = service(settings)) {
            assertThat(service.isHealthy()).isFalse();
            service.start();
            await(() -> service.failure().isPresent());
            assertThat(service.failure()).get().isInstanceOf(MissingSourceTopicException.class);
            assertThat(service.isHealthy()).isFalse();
        }
    }

    @Test
    void ofTwoWithOneInstanceIdTheOlderStops() throws Exception {
        createTopics(1);
        try (IngestService older = service(instance("one", "older"));
                IngestService newer = service(instance("one", "newer"))) {
            older.start();
            send(0, json("a", "by the older"));
            assertThat(read("training-examples", 1)).hasSize(1);

            newer.start();
            await(() -> older.failure().isPresent());
            assertThat(older.failure().orElseThrow())
                    .hasMessageStartingWith("another process has taken over the instance id of this one");
            assertThat(older.isHealthy()).isFalse();

            send(0, json("a", "once more"));
            send(0, json("b", "by the newer"));
            assertThat(read("training-examples", 2))
                    .extracting(record -> ExampleJson.read(record.value()).text())
                    .containsExactly("by the older", "by the newer");
            assertThat(newer.failure()).isEmpty();
        }
    }

    private IngestSettings instance(String id, String folder) {
        return new IngestSettings(
                settings.bootstrapServers(),
                settings.applicationId(),
                id,
                stateFolder.resolve(folder),
                settings.topics(),
                settings.models(),
                settings.maxTextCharacters(),
                settings.maxRecordBytes(),
                settings.deduplicationWindow(),
                settings.processingThreads(),
                settings.standbyReplicas(),
                settings.joining(),
                settings.clientProperties(),
                settings.format(),
                settings.shedding(),
                settings.copies());
    }

    @Test
    void joinsLateLabelsOverTheLossOfItsDisk() throws Exception {
        IngestSettings.Joining joining = new IngestSettings.Joining(
                "inputs", "labels", "examples-unpaired", Duration.ofHours(1), Corrections.TRAIN_AGAIN);
        try (Admin admin = admin()) {
            List<NewTopic> topics = new ArrayList<>(IngestTopics.of(settings.with(joining), 3, (short) 1));
            topics.add(new NewTopic("inputs", 2, (short) 1));
            TopicCreation.createMissing(admin, topics);
        }
        long now = System.currentTimeMillis();
        try (IngestService service = service(settings.with(joining))) {
            service.start();
            await(service::isRunning);
            send("inputs", 0, now - 7_200_000, bytes("{\"id\":\"lonely\",\"text\":\"t\"}"));
            send("inputs", 0, now, bytes("{\"id\":\"a\",\"text\":\"my card\"}"));
            assertThat(read("millrace-ingest-pairs-changelog", 2)).hasSizeGreaterThanOrEqualTo(2);
        }
        IngestSettings elsewhere =
                IngestSettings.of(broker.bootstrapServers(), stateFolder.resolve("second"), Set.of("support"));
        try (IngestService service = service(elsewhere.with(joining))) {
            service.start();
            send("labels", 2, now, bytes("{\"id\":\"a\",\"label\":\"arrival\"}"));
            assertThat(read("training-examples", 1)).hasSize(1);
            send("labels", 1, now + 1, bytes("{\"id\":\"a\",\"label\":\"lost\"}"));
            assertThat(read("training-examples", 2))
                    .extracting(record -> ExampleJson.read(record.value()))
                    .extracting(example -> example.id() + ": " + example.text() + " = " + example.label())
                    .containsExactly("a: my card = arrival", "a#2: my card = lost");

            send("inputs", 1, now, bytes("{\"id\":\"lonely\",\"text\":\"once more\"}"));
            assertThat(read("examples-unpaired", 1))
                    .extracting(record -> text(record.value()) + " " + header(record, DeadLetter.REASON))
                    .containsExactly("{\"id\":\"lonely\",\"text\":\"t\"} no_label_came");
            assertThat(service.failure()).isEmpty();
        }
    }

    @Test
    @Tag("slow")
    void waitsForASchemaRegistryThatIsAwayAndLosesNothing() throws Exception {
        createTopics(1);
        try (StubRegistry registry = new StubRegistry()) {
            registry.put(
                    "/schemas/ids/9",
                    "AVRO",
                    "{\"type\":\"record\",\"name\":\"E\",\"fields\":[{\"name\":\"text\",\"type\":\"string\"},{\"name\":\"label\",\"type\":\"string\"}]}");
            registry.failures.set(Integer.MAX_VALUE);
            IngestSettings waiting =
                    settings.with(new TopicFormat(FieldMapping.NONE, registry.address(null, Duration.ofMillis(50))));
            try (IngestService service = service(waiting)) {
                service.start();
                send(0, json("a", "before"));
                send(0, new byte[] {0, 0, 0, 0, 9, 8, 'a', 'v', 'r', 'o', 2, 'l'});
                send(0, json("b", "after"));
                // A thread asks twice before it gives up; this is the next one.
                await(() -> registry.asked.size() >= 3);
                registry.failures.set(0);

                assertThat(read("training-examples", 3))
                        .extracting(record -> ExampleJson.read(record.value()).text())
                        .containsExactly("before", "avro", "after");
                assertThat(service.failure()).isEmpty();
                assertThat(observer.rejected()).isEmpty();
            }
        }
    }

    @Test
    void createsTopicsOnlyWhereTheyAreMissing() {
        List<NewTopic> topics = IngestTopics.of(settings, 2, (short) 1);
        try (Admin admin = admin()) {
            assertThat(TopicCreation.createMissing(admin, topics.subList(1, 2))).containsExactly("training-examples");
            assertThat(TopicCreation.createMissing(admin, topics))
                    .containsExactlyInAnyOrder("examples", "examples-rejected");
            assertThat(TopicCreation.createMissing(admin, topics)).isEmpty();
        }
    }

    private static Map<String, byte[]> badRecords() {
        byte[] notUtf8 = json("x", "caf_");
        notUtf8[notUtf8.length - 20] = (byte) 0xE9;
        byte[] fiveMegabytes = new byte[5 * MEBIBYTE];
        byte[] sixteenMegabytes = new byte[16 * MEBIBYTE];
        Arrays.fill(sixteenMegabytes, (byte) 'x');
        Map<String, byte[]> bad = new LinkedHashMap<>();
        bad.put("not_json", bytes("hello"));
        bad.put("not_an_object", bytes("[{\"text\":\"t\",\"label\":\"l\"}]"));
        bad.put("text_missing", bytes("{\"label\":\"l\"}"));
        bad.put("text_empty", bytes("{\"text\":\"\",\"label\":\"l\"}"));
        bad.put("text_not_a_string", bytes("{\"text\":5,\"label\":\"l\"}"));
        bad.put("text_too_long", json("x", "y".repeat(20_001)));
        bad.put("label_missing", bytes("{\"text\":\"t\"}"));
        bad.put("label_empty", bytes("{\"text\":\"t\",\"label\":\"\"}"));
        bad.put("label_not_a_string", bytes("{\"text\":\"t\",\"label\":{}}"));
        bad.put("label_too_long", bytes("{\"text\":\"t\",\"label\":\"" + "l".repeat(201) + "\"}"));
        bad.put("not_utf8", notUtf8);
        bad.put("null_value", null);
        bad.put("record_too_large of 5 MB", fiveMegabytes);
        bad.put("record_too_large of 16 MB", sixteenMegabytes);
        bad.put("time_out_of_range", bytes("{\"text\":\"t\",\"label\":\"l\",\"time\":\"40000-01-01T00:00:00Z\"}"));
        bad.put("model_unknown", bytes("{\"text\":\"t\",\"label\":\"l\",\"model\":\"none\"}"));
        bad.put("text_without_tokens", json("x", "TOKENLESS"));
        return bad;
    }

    private static List<String> expectedTexts(int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add("good " + i);
        }
        texts.add("good at last");
        return texts;
    }

    private IngestService service(IngestSettings with) {
        return new IngestService(with, (model, text) -> !text.equals("TOKENLESS"), observer);
    }

    private void createTopics(int partitions) {
        try (Admin admin = admin()) {
            TopicCreation.createMissing(admin, IngestTopics.of(settings, partitions, (short) 1));
        }
    }

    private void send(int partition, byte[] value) throws Exception {
        send("examples", partition, null, value);
    }

    private void send(String topic, int partition, @Nullable Long timestamp, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.send(new ProducerRecord<>(topic, partition, timestamp, null, value))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /** All that is committed in a topic, at the moment when the first {@code atLeast} records are there. */
    private List<ConsumerRecord<byte[], byte[]>> read(String topic, int atLeast) {
        Map<String, Object> properties = Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "isolation.level",
                "read_committed",
                "max.partition.fetch.bytes",
                32 * MEBIBYTE);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (records.size() < atLeast && System.nanoTime() - deadline < 0) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
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

    private KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "max.request.size",
                        32 * MEBIBYTE,
                        "buffer.memory",
                        64L * MEBIBYTE),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return text(record.headers().lastHeader(name).value());
    }

    private static byte[] json(String id, String text) {
        return bytes("{\"id\":\"" + id + "\",\"text\":\"" + text + "\",\"label\":\"label\"}");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}
