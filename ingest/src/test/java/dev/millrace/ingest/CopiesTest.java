package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are given the examples of others too. */
class CopiesTest {

    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");

    private final CountingObserver observer = new CountingObserver();

    @TempDir
    private Path folder = Path.of("");

    private IngestSettings settings(Map<String, String> copies) {
        return IngestSettings.of(
                        "unused:1", folder, new LinkedHashSet<>(List.of("support", "support-2", "support-3", "sales")))
                .withCopies(copies);
    }

    private TopologyTestDriver driver(IngestSettings settings, TextProbe probe) {
        return new TopologyTestDriver(
                ExampleTopology.build(settings, probe, observer, Admission.ALL, Clock.fixed(NOW, ZoneOffset.UTC)),
                StreamsProperties.of(settings),
                NOW);
    }

    private static TestInputTopic<byte[], byte[]> input(TopologyTestDriver driver, String topic) {
        return driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static List<String> learned(TopologyTestDriver driver) {
        TestOutputTopic<byte[], byte[]> training =
                driver.createOutputTopic("training-examples", new ByteArrayDeserializer(), new ByteArrayDeserializer());
        return training.readRecordsToList().stream()
                .map(TestRecord::value)
                .map(ExampleJson::read)
                .map(example -> example.model() + " " + example.id() + " " + example.text())
                .toList();
    }

    private static void send(TestInputTopic<byte[], byte[]> topic, String json) {
        topic.pipeInput(null, json.getBytes(UTF_8), NOW);
    }

    @Test
    void anExampleGoesToTheCopyWithTheSameIdAndToNobodyElse() {
        try (TopologyTestDriver driver = driver(settings(Map.of("support-2", "support")), TextProbe.ANY)) {
            TestInputTopic<byte[], byte[]> examples = input(driver, "examples");
            send(examples, "{\"id\":\"a\",\"model\":\"support\",\"text\":\"one\",\"label\":\"l\"}");
            send(examples, "{\"id\":\"b\",\"model\":\"support-2\",\"text\":\"two\",\"label\":\"l\"}");
            send(examples, "{\"id\":\"c\",\"model\":\"sales\",\"text\":\"three\",\"label\":\"l\"}");
            assertThat(learned(driver))
                    .containsExactly("support a one", "support-2 a one", "support-2 b two", "sales c three");
        }
    }

    @Test
    void whatTheCopyHasSeenIsADuplicateWhicheverWayItCame() {
        try (TopologyTestDriver driver = driver(settings(Map.of("support-2", "support")), TextProbe.ANY)) {
            TestInputTopic<byte[], byte[]> examples = input(driver, "examples");
            send(examples, "{\"id\":\"a\",\"model\":\"support-2\",\"text\":\"backfilled\",\"label\":\"l\"}");
            send(examples, "{\"id\":\"a\",\"model\":\"support\",\"text\":\"live\",\"label\":\"l\"}");
            assertThat(learned(driver)).containsExactly("support-2 a backfilled", "support a live");
            assertThat(observer.duplicates).hasValue(1);
        }
    }

    @Test
    void aCopyOfACopyGetsThemToo() {
        try (TopologyTestDriver driver =
                driver(settings(Map.of("support-2", "support", "support-3", "support-2")), TextProbe.ANY)) {
            send(input(driver, "examples"), "{\"id\":\"a\",\"model\":\"support\",\"text\":\"t\",\"label\":\"l\"}");
            assertThat(learned(driver)).containsExactly("support a t", "support-2 a t", "support-3 a t");
        }
    }

    @Test
    void whoeverNamedNoModelNeedNotForTheSakeOfCopies() {
        IngestSettings beside = IngestSettings.of(
                        "unused:1", folder, new LinkedHashSet<>(List.of("support-2", "support")))
                .withCopies(Map.of("support-2", "support"));
        try (TopologyTestDriver driver = driver(beside, TextProbe.ANY)) {
            send(input(driver, "examples"), "{\"text\":\"t\",\"label\":\"l\"}");
            String id = ContentId.of("support", "t", "l");
            assertThat(learned(driver)).containsExactly("support " + id + " t", "support-2 " + id + " t");
        }
    }

    @Test
    void lateLabelsAreCopiedToo() {
        IngestSettings joining = settings(Map.of("support-2", "support"))
                .with(new IngestSettings.Joining(
                        "inputs", "labels", "examples-unpaired", Duration.ofHours(1), Corrections.IGNORE));
        try (TopologyTestDriver driver = driver(joining, TextProbe.ANY)) {
            send(input(driver, "inputs"), "{\"id\":\"a\",\"model\":\"support\",\"text\":\"t\"}");
            send(input(driver, "labels"), "{\"id\":\"a\",\"model\":\"support\",\"label\":\"l\"}");
            TestOutputTopic<byte[], byte[]> together = driver.createOutputTopic(
                    ExampleTopology.byModelTopic(joining), new ByteArrayDeserializer(), new ByteArrayDeserializer());
            assertThat(together.readRecordsToList().stream()
                            .map(record -> ExampleJson.read(record.value()).model()))
                    .containsExactly("support", "support-2");
        }
    }

    @Test
    void aTextThatTheOtherTokenizerCannotReadIsCountedAndNotCopied() {
        TextProbe probe = (model, text) -> model.equals("support");
        try (TopologyTestDriver driver = driver(settings(Map.of("support-2", "support")), probe)) {
            send(input(driver, "examples"), "{\"id\":\"a\",\"model\":\"support\",\"text\":\"t\",\"label\":\"l\"}");
            assertThat(learned(driver)).containsExactly("support a t");
            assertThat(observer.rejected()).containsOnlyKeys("text_without_tokens");
        }
    }

    @Test
    void refusesCopiesOfNobodyAndOfThemselves() {
        assertThatThrownBy(() -> settings(Map.of("support-2", "spport")))
                .hasMessageContaining("support-2 is to be a copy of a model, but spport is none of");
        assertThatThrownBy(() -> settings(Map.of("sales", "sales")))
                .hasMessageContaining("sales would be a copy of itself");
        assertThatThrownBy(() -> settings(Map.of("support-2", "support", "support", "support-2")))
                .hasMessageContaining("would be a copy of itself");
    }
}
