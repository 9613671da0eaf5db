package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleTopologyTest {

    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    private static final Set<String> MODELS = new LinkedHashSet<>(List.of("support", "sales"));

    private final CountingObserver observer = new CountingObserver();
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> examples;
    private TestOutputTopic<byte[], byte[]> training;
    private TestOutputTopic<byte[], byte[]> rejected;

    @BeforeEach
    void open(@TempDir Path folder) {
        IngestSettings settings = IngestSettings.of("unused:1", folder, MODELS);
        driver = new TopologyTestDriver(
                ExampleTopology.build(
                        settings, TextProbe.ANY, observer, Admission.ALL, Clock.fixed(NOW, ZoneOffset.UTC)),
                StreamsProperties.of(settings),
                NOW);
        examples = driver.createInputTopic("examples", new ByteArraySerializer(), new ByteArraySerializer());
        training =
                driver.createOutputTopic("training-examples", new ByteArrayDeserializer(), new ByteArrayDeserializer());
        rejected =
                driver.createOutputTopic("examples-rejected", new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void passesExamplesOnInOrderByModel() {
        Instant time = NOW.minusSeconds(60);
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", bytes("x"));
        examples.pipeInput(new TestRecord<>(bytes("any key"), json("a", "support"), headers, time));
        send(json("b", "sales"), time.minusSeconds(5));
        send(json("c", "support"), time.plusSeconds(5));

        List<TestRecord<byte[], byte[]>> out = training.readRecordsToList();
        assertThat(out).extracting(record -> text(record.key())).containsExactly("support", "sales", "support");
        assertThat(out)
                .extracting(record -> ExampleJson.read(record.value()).text())
                .containsExactly("a", "b", "c");
        assertThat(out)
                .extracting(TestRecord::getRecordTime)
                .containsExactly(time, time.minusSeconds(5), time.plusSeconds(5));
        assertThat(out).allSatisfy(record -> assertThat(record.headers()).isEmpty());
        assertThat(rejected.isEmpty()).isTrue();
        assertThat(observer.accepted).hasValue(3);
    }

    @Test
    void keepsARefusedRecordAsItCame() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", bytes("x"));
        headers.add("millrace.reason", bytes("forged"));
        headers.add("millrace.timestamp", bytes("forged"));
        headers.add("empty", null);
        byte[] key = {0, (byte) 0xFF};
        byte[] value = {'{', (byte) 0xFE};
        send(json("before", "support"), NOW);
        examples.pipeInput(new TestRecord<>(key, value, headers, NOW.minusSeconds(3)));
        send(json("after", "support"), NOW);

        TestRecord<byte[], byte[]> dead = rejected.readRecord();
        assertThat(dead.key()).isEqualTo(key);
        assertThat(dead.value()).isEqualTo(value);
        assertThat(dead.getRecordTime()).isEqualTo(NOW.minusSeconds(3));
        assertThat(dead.headers().toArray())
                .startsWith(headers.toArray())
                .extracting(Header::key)
                .containsExactly(
                        "trace",
                        "millrace.reason",
                        "millrace.timestamp",
                        "empty",
                        "millrace.timestamp",
                        "millrace.topic",
                        "millrace.partition",
                        "millrace.offset",
                        "millrace.reason",
                        "millrace.detail");
        assertThat(last(dead.headers(), "millrace.topic")).isEqualTo("examples");
        assertThat(last(dead.headers(), "millrace.partition")).isEqualTo("0");
        assertThat(last(dead.headers(), "millrace.offset")).isEqualTo("1");
        assertThat(last(dead.headers(), "millrace.timestamp"))
                .isEqualTo(Long.toString(NOW.minusSeconds(3).toEpochMilli()));
        assertThat(last(dead.headers(), "millrace.reason")).isEqualTo("not_utf8");
        assertThat(last(dead.headers(), "millrace.detail")).contains("byte 1");
        assertThat(rejected.isEmpty()).isTrue();
        assertThat(trainingTexts()).containsExactly("before", "after");
        assertThat(observer.rejected()).isEqualTo(Map.of("not_utf8", 1));
    }

    @Test
    void keepsARefusedNull() {
        examples.pipeInput(new TestRecord<>(null, null, NOW));
        TestRecord<byte[], byte[]> dead = rejected.readRecord();
        assertThat(dead.key()).isNull();
        assertThat(dead.value()).isNull();
        assertThat(last(dead.headers(), "millrace.reason")).isEqualTo("null_value");
    }

    @Test
    void saysWhereARecordIsThatNoDeadLetterCanCarry() {
        byte[] huge = new byte[DeadLetter.MAX_BYTES + 1];
        send(huge, NOW);
        send(json("after", "support"), NOW);
        TestRecord<byte[], byte[]> dead = rejected.readRecord();
        assertThat(dead.value()).isNull();
        assertThat(last(dead.headers(), "millrace.reason")).isEqualTo("record_too_large");
        assertThat(last(dead.headers(), "millrace.offset")).isEqualTo("0");
        assertThat(Long.parseLong(last(dead.headers(), "millrace.omitted"))).isGreaterThan(huge.length);
        assertThat(trainingTexts()).containsExactly("after");
    }

    @Test
    void letsAnIdPassOncePerModel() {
        send(json("x", "first", "support"), NOW);
        send(json("x", "second", "support"), NOW);
        send(json("x", "other model", "sales"), NOW);
        send(json("same content", "support"), NOW);
        send(json("same content", "support"), NOW);
        assertThat(trainingTexts()).containsExactly("first", "other model", "same content");
        assertThat(observer.duplicates).hasValue(2);
        assertThat(observer.accepted).hasValue(3);
    }

    @Test
    void forgetsAnIdAfterTheWindow() {
        Duration window = IngestSettings.DEFAULT_DEDUPLICATION_WINDOW;
        Instant start = NOW.minus(window.multipliedBy(2));
        send(json("x", "first", "support"), start);
        send(json("x", "within", "support"), start.plus(window));
        send(json("x", "after", "support"), start.plus(window).plusMillis(1));
        assertThat(trainingTexts()).containsExactly("first", "after");
    }

    @Test
    void neitherDropsNorForgetsRecordsWithOldTimestamps() {
        send(json("new", "support"), NOW);
        for (String text : List.of("first", "second", "third")) {
            send(json("old-" + text, text, "support"), Instant.EPOCH);
            send(json("old-" + text, text + " again", "support"), Instant.EPOCH.plusSeconds(1));
            send(json("old-" + text, text + " once more", "support"), NOW.minus(Duration.ofDays(300)));
        }
        assertThat(trainingTexts()).containsExactly("new", "first", "second", "third");
        assertThat(observer.duplicates).hasValue(6);
    }

    @Test
    void isNotMovedByTimestampsThatNoClockGave() {
        send(json("x", "first", "support"), NOW.minusSeconds(1));
        send(json("far", "far future", "support"), Instant.parse("+40000-01-01T00:00:00Z"));
        examples.pipeInput(new TestRecord<>(null, bytes("bad"), new RecordHeaders(), (Long) Long.MAX_VALUE));
        send(json("x", "again", "support"), NOW);

        List<TestRecord<byte[], byte[]>> out = training.readRecordsToList();
        assertThat(out)
                .extracting(record -> ExampleJson.read(record.value()).text())
                .containsExactly("first", "far future");
        assertThat(out.get(1).getRecordTime()).isEqualTo(NOW);
        assertThat(ExampleJson.read(out.get(1).value()).time()).isEqualTo(NOW);
        assertThat(last(rejected.readRecord().headers(), "millrace.timestamp"))
                .isEqualTo(Long.toString(Long.MAX_VALUE));
    }

    private void send(byte[] value, Instant timestamp) {
        examples.pipeInput(new TestRecord<>(null, value, timestamp));
    }

    private List<String> trainingTexts() {
        return training.readValuesToList().stream()
                .map(value -> ExampleJson.read(value).text())
                .toList();
    }

    private static String last(Headers headers, String name) {
        return text(headers.lastHeader(name).value());
    }

    private static byte[] json(String text, String model) {
        return bytes("{\"text\":\"" + text + "\",\"label\":\"l\",\"model\":\"" + model + "\"}");
    }

    private static byte[] json(String id, String text, String model) {
        return bytes("{\"id\":\"" + id + "\",\"text\":\"" + text + "\",\"label\":\"l\",\"model\":\"" + model + "\"}");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}
