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
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A commit times out, and nobody knows whether it took effect: still every record lies there once. */
@Timeout(120)
class UncertainCommitTest {

    @TempDir
    Path brokerFolder;

    @TempDir
    Path stateFolder;

    private EmbeddedBroker broker;
    private IngestSettings settings;

    @BeforeEach
    void open() {
        broker = EmbeddedBroker.start(brokerFolder);
        settings = IngestSettings.of(broker.bootstrapServers(), stateFolder, Set.of("support"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            TopicCreation.createMissing(admin, IngestTopics.of(settings, 1, (short) 1));
        }
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void nothingLiesTwiceWhereTheOffsetsDidNotArrive() throws Exception {
        AtomicBoolean fault = new AtomicBoolean();
        liesThereOnce(
                fault,
                new IngestClients(config ->
                        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer()) {
                            @Override
                            public void sendOffsetsToTransaction(
                                    Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
                                if (fault.getAndSet(false)) {
                                    throw new TimeoutException("the offsets did not arrive");
                                }
                                super.sendOffsetsToTransaction(offsets, group);
                            }
                        }));
    }

    @Test
    void nothingLiesTwiceWhereOnlyTheAnswerToTheCommitWasLost() throws Exception {
        AtomicBoolean fault = new AtomicBoolean();
        liesThereOnce(
                fault,
                new IngestClients(
                        config -> new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer()) {
                            @Override
                            public void commitTransaction() {
                                super.commitTransaction();
                                if (fault.getAndSet(false)) {
                                    throw new TimeoutException("the answer did not arrive");
                                }
                            }
                        }));
    }

    private void liesThereOnce(AtomicBoolean fault, IngestClients clients) throws Exception {
        try (IngestService service =
                new IngestService(settings, (model, text) -> true, new CountingObserver(), clients)) {
            service.start();
            send(example("before"));
            assertThat(read("training-examples", 1)).containsExactly("before");

            fault.set(true);
            send("not JSON", example("a"), example("b"));
            assertThat(read("training-examples", 3)).containsExactly("before", "a", "b");
            assertThat(fault).isFalse();
            send(example("a"), example("c"), "not JSON either");

            assertThat(read("training-examples", 4)).containsExactly("before", "a", "b", "c");
            assertThat(read("examples-rejected", 2)).containsExactly("not JSON", "not JSON either");
            assertThat(service.failure()).isEmpty();
        }
    }

    private void send(String... values) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>("examples", value)).get(30, TimeUnit.SECONDS);
            }
        }
    }

    /** Ids, or whole values where they are no examples, of all that is committed once {@code atLeast} are there. */
    private List<String> read(String topic, int atLeast) {
        Map<String, Object> properties =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (values.size() < atLeast && System.nanoTime() - deadline < 0) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            return values.stream()
                    .map(value -> value.startsWith("{")
                            ? ExampleJson.read(value.getBytes(UTF_8)).id()
                            : value)
                    .toList();
        }
    }

    private static String example(String id) {
        return "{\"id\":\"" + id + "\",\"text\":\"text\",\"label\":\"label\"}";
    }
}
