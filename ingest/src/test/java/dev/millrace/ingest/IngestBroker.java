package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A real broker for ingest: what is sent to its topics, and what is committed in them. */
final class IngestBroker implements AutoCloseable {

    static final int MEBIBYTE = 1024 * 1024;

    private final EmbeddedBroker broker;

    private IngestBroker(EmbeddedBroker broker) {
        this.broker = broker;
    }

    static IngestBroker start(Path folder) {
        return new IngestBroker(EmbeddedBroker.start(folder));
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** Those of ingest for one model, {@code support}. */
    IngestSettings settings(Path stateFolder) {
        return IngestSettings.of(bootstrapServers(), stateFolder, Set.of("support"));
    }

    void createTopics(IngestSettings settings, int partitions) {
        try (Admin admin = admin()) {
            TopicCreation.createMissing(admin, IngestTopics.of(settings, partitions, (short) 1));
        }
    }

    void send(int partition, byte[] value) throws Exception {
        send("examples", partition, null, value);
    }

    void send(String topic, int partition, @Nullable Long timestamp, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.send(new ProducerRecord<>(topic, partition, timestamp, null, value))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /** All that is committed in a topic, at the moment when the first {@code atLeast} records are there. */
    List<ConsumerRecord<byte[], byte[]>> read(String topic, int atLeast) {
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

    KafkaProducer<byte[], byte[]> producer() {
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

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline)
                    .as("nanoseconds over the deadline")
                    .isNegative();
            LockSupport.parkNanos(10_000_000);
        }
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return text(record.headers().lastHeader(name).value());
    }

    static byte[] json(String id, String text) {
        return bytes("{\"id\":\"" + id + "\",\"text\":\"" + text + "\",\"label\":\"label\"}");
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    @Override
    public void close() {
        broker.close();
    }
}
