package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairingTest {

    private static final Instant START = Instant.parse("2026-11-01T10:00:00Z");
    private static final Duration WINDOW = Duration.ofDays(3);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void givesUpMuchInPartsUntilNothingIsLeft() {
        IngestSettings.Joining joining =
                new IngestSettings.Joining("inputs", "labels", "unpaired", WINDOW, Corrections.IGNORE);
        IngestSettings settings =
                IngestSettings.of("unused:1", folder, Set.of("support")).with(joining);
        CountingObserver observer = new CountingObserver();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("halves", Consumed.with(Serdes.String(), Serdes.ByteArray()))
                .process(
                        Pairing.supplier(new HalfParser(settings, TextProbe.ANY), joining, observer, 10),
                        Named.as("pair"))
                .mapValues(verdict -> verdict.getClass().getSimpleName(), Named.as("shown"))
                .to("verdicts", Produced.with(Serdes.ByteArray(), Serdes.String()));
        try (TopologyTestDriver driver =
                new TopologyTestDriver(builder.build(), StreamsProperties.of(settings), START)) {
            TestInputTopic<String, byte[]> halves = driver.createInputTopic(
                    "halves", Serdes.String().serializer(), Serdes.ByteArray().serializer());
            TestOutputTopic<byte[], String> verdicts = driver.createOutputTopic(
                    "verdicts",
                    Serdes.ByteArray().deserializer(),
                    Serdes.String().deserializer());
            for (int i = 0; i < 25; i++) {
                send(halves, i, START);
            }
            send(halves, 25, START.plus(WINDOW).plus(Duration.ofHours(1)));

            assertThat(verdicts.readValuesToList()).hasSize(10).containsOnly("Unpaired");
            driver.advanceWallClockTime(Duration.ofMillis(20));
            assertThat(verdicts.readValuesToList()).hasSize(10);
            driver.advanceWallClockTime(Duration.ofMillis(20));
            assertThat(verdicts.readValuesToList()).hasSize(5);
            driver.advanceWallClockTime(Duration.ofMillis(20));
            assertThat(verdicts.isEmpty()).isTrue();

            send(halves, 26, START.plus(WINDOW.multipliedBy(3)));
            assertThat(verdicts.readValuesToList()).hasSize(1);
            assertThat(observer.unpaired()).containsEntry("input", 26);
        }
    }

    private static void send(TestInputTopic<String, byte[]> halves, int number, Instant time) {
        byte[] value = ("{\"id\":\"" + number + "\",\"text\":\"t\"}").getBytes(UTF_8);
        Record<byte[], byte[]> record = new Record<>(new byte[0], value, time.toEpochMilli(), new RecordHeaders());
        RawRecord raw = RawRecord.of(record, new Lying(number));
        halves.pipeInput(new TestRecord<>(
                "support\n" + number, new ArrivedHalf(HalfKind.INPUT, raw).bytes(), new RecordHeaders(), time));
    }

    private record Lying(long offset) implements RecordMetadata {
        @Override
        public String topic() {
            return "inputs";
        }

        @Override
        public int partition() {
            return 0;
        }
    }
}
