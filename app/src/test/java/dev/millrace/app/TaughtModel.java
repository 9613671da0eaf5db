package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ExampleJson;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The one model of the processes under test: what it is sent, and the versions it has. */
final class TaughtModel {

    static final String NAME = "default";

    private final EndlessSample sample = new EndlessSample(NAME, Instant.parse("2026-11-24T00:00:00Z"));
    private final String bootstrapServers;

    TaughtModel(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Sends some of the endless sample, and waits until Kafka has it. */
    void send(String topic, int from, int to) {
        send(topic, IntStream.range(from, to).mapToObj(sample::value));
    }

    /** Sends values of records, and waits until Kafka has them. */
    void send(String topic, Stream<byte[]> values) {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            begin(producer, topic, values);
        }
    }

    /** Begins to send some of the endless sample. */
    void begin(KafkaProducer<byte[], byte[]> producer, String topic, int from, int to) {
        begin(producer, topic, IntStream.range(from, to).mapToObj(sample::value));
    }

    private static void begin(KafkaProducer<byte[], byte[]> producer, String topic, Stream<byte[]> values) {
        byte[] key = NAME.getBytes(StandardCharsets.UTF_8);
        values.forEach(value -> {
            var unused = producer.send(new ProducerRecord<>(topic, 0, key, value));
        });
    }

    /** The ids of the endless sample, in its order. */
    List<String> ids(int count) {
        return IntStream.range(0, count).mapToObj(sample::id).toList();
    }

    /** The ids of all examples in the ledger, in its order. */
    List<String> ledger() {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition("training-examples", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            List<String> ids = new ArrayList<>();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> read : consumer.poll(Duration.ofSeconds(1))) {
                    ids.add(ExampleJson.read(read.value()).id());
                }
            }
            return ids;
        }
    }

    List<VersionRecord> versions() {
        return RegistryReader.readAll(
                        Map.of("bootstrap.servers", bootstrapServers), "model-registry", Duration.ofSeconds(30))
                .versions(NAME);
    }

    /** How many examples the newest version has learned, 0 when there is none. */
    long learned() {
        List<VersionRecord> versions = versions();
        return versions.isEmpty() ? 0 : versions.get(versions.size() - 1).examples();
    }

    boolean hasLearned(long examples) {
        return learned() >= examples;
    }

    /** Every version goes on from the one before it, and learned what comes next. */
    void assertOneChain() {
        List<VersionRecord> versions = versions();
        for (int i = 0; i < versions.size(); i++) {
            VersionRecord version = versions.get(i);
            assertThat(version.version()).isEqualTo(i + 1L);
            if (i > 0) {
                VersionRecord before = versions.get(i - 1);
                assertThat(version.parent()).isEqualTo(before.version());
                assertThat(version.examples()).isGreaterThan(before.examples());
                assertThat(version.position().nextOffset())
                        .isGreaterThan(before.position().nextOffset());
            }
        }
    }
}
