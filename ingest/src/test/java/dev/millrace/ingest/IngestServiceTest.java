package dev.millrace.ingest;

import static dev.millrace.ingest.IngestBroker.MEBIBYTE;
import static dev.millrace.ingest.IngestBroker.await;
import static dev.millrace.ingest.IngestBroker.bytes;
import static dev.millrace.ingest.IngestBroker.header;
import static dev.millrace.ingest.IngestBroker.json;
import static dev.millrace.ingest.IngestBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ingest on a real broker: what is good arrives in order, what is bad is kept and explained, and nothing is lost. */
@Timeout(180)
class IngestServiceTest {

    @TempDir
    Path brokerFolder;

    @TempDir
    Path stateFolder;

    private final CountingObserver observer = new CountingObserver();
    private IngestBroker broker;
    private IngestSettings settings;

    @BeforeEach
    void open() {
        broker = IngestBroker.start(brokerFolder);
        settings = broker.settings(stateFolder.resolve("first"));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void explainsBadRecordsAndGoesOn() throws Exception {
        broker.createTopics(settings, 1);
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
                KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            service.start();
            for (byte[] value : all) {
                producer.send(new ProducerRecord<>("examples", 0, bytes("key"), value))
                        .get(30, TimeUnit.SECONDS);
            }
            List<ConsumerRecord<byte[], byte[]>> dead = broker.read("examples-rejected", bad.size());
            List<ConsumerRecord<byte[], byte[]>> good = broker.read("training-examples", bad.size() + 1);

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
    void takesWhatTheProducerSends() throws Exception {
        broker.createTopics(settings, 1);
        List<byte[]> values = IntStream.range(0, 2_000)
                .mapToObj(i -> json("id-" + i, "text " + i))
                .toList();
        try (IngestService service = service(settings);
                ExampleProducer producer =
                        new ExampleProducer(broker.bootstrapServers(), "examples", Map.of(), Pace.unlimited())) {
            service.start();
            assertThat(producer.sendAll(values.iterator(), sent -> {})).isEqualTo(2_000);
            assertThat(broker.read("training-examples", 2_000))
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
    @Tag("slow")
    void waitsForASchemaRegistryThatIsAwayAndLosesNothing() throws Exception {
        broker.createTopics(settings, 1);
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
                broker.send(0, json("a", "before"));
                broker.send(0, new byte[] {0, 0, 0, 0, 9, 8, 'a', 'v', 'r', 'o', 2, 'l'});
                broker.send(0, json("b", "after"));
                // A thread asks twice before it gives up; this is the next one.
                await(() -> registry.asked.size() >= 3);
                registry.failures.set(0);

                assertThat(broker.read("training-examples", 3))
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
        try (Admin admin = broker.admin()) {
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
}
