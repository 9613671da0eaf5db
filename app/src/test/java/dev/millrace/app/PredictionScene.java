package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.InputParser;
import dev.millrace.ingest.KnownModels;
import dev.millrace.model.Prediction;
import dev.millrace.model.ScoringObserver;
import dev.millrace.model.VersionAnswer;
import dev.millrace.registry.PredictionJson;
import dev.millrace.registry.PredictionRecord;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics of one test, with models that echo: {@code a}, which is served from the start, {@code b}, and those that are created. */
final class PredictionScene implements ScoringObserver, IngestObserver {

    static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
    private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    final PredictionSettings settings;
    final AtomicLong version = new AtomicLong(1);
    final AtomicBoolean servesB = new AtomicBoolean();
    final AtomicBoolean fails = new AtomicBoolean();

    /** Says of a model that was created later whether it is served. */
    volatile Function<String, Optional<BooleanSupplier>> created = model -> Optional.empty();

    final Map<String, Integer> predicted = new TreeMap<>();
    final List<String> rejected = Collections.synchronizedList(new ArrayList<>());
    final List<Integer> batches = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Object> client;

    PredictionScene(String bootstrapServers, String name, int partitions) throws Exception {
        client = Map.of("bootstrap.servers", bootstrapServers);
        Map<String, Object> impatient = new HashMap<>(client);
        impatient.put("metadata.max.age.ms", "1000");
        settings = new PredictionSettings(
                impatient, name + "-inputs", name + "-predictions", name + "-dead", name + "-group", name, 8, 2);
        try (Admin admin = Admin.create(client)) {
            admin.createTopics(Stream.of(settings.inputs(), settings.predictions(), settings.rejected())
                            .map(topic -> new NewTopic(topic, partitions, (short) 1))
                            .toList())
                    .all()
                    .get();
        }
    }

    private VersionAnswer<ServedVersion> echo(String model, List<String> texts) {
        if (fails.get()) {
            throw new IllegalStateException("no memory");
        }
        if (texts.stream().anyMatch(text -> text.contains("poison"))) {
            throw new IllegalArgumentException("cannot read it");
        }
        batches.add(texts.size());
        return new VersionAnswer<>(
                new ServedVersion(model, version.get()),
                texts.stream()
                        .map(text -> new Prediction(List.of(
                                new Prediction.Score(text, 0.5),
                                new Prediction.Score("second", 0.25),
                                new Prediction.Score("third", 0.25))))
                        .toList());
    }

    private Optional<AnsweringModel> created(String model) {
        return created.apply(model).map(served -> new AnsweringModel(texts -> echo(model, texts), served));
    }

    InputAnswering answering() {
        return new InputAnswering(
                settings,
                new InputParser(
                        KnownModels.of(Set.of("a", "b"), Map.of()),
                        model -> created(model).isPresent(),
                        1000,
                        10_000),
                model -> switch (model) {
                    case "a" -> Optional.of(new AnsweringModel(texts -> echo("a", texts), () -> true));
                    case "b" -> Optional.of(new AnsweringModel(texts -> echo("b", texts), servesB::get));
                    default -> created(model);
                },
                Clock.fixed(NOW, ZoneOffset.UTC));
    }

    PredictionLoop loop(Consumer<byte[], byte[]> consumer, Supplier<Producer<byte[], byte[]>> producers) {
        return new PredictionLoop(settings, consumer, producers, answering(), this, this);
    }

    PredictionService service() {
        return PredictionService.start(settings, answering(), this, this);
    }

    /** The same group and topics, in a process that has no name, or another. */
    PredictionSettings unnamed() {
        return new PredictionSettings(
                settings.clientProperties(),
                settings.inputs(),
                settings.predictions(),
                settings.rejected(),
                settings.groupId(),
                null,
                settings.batchTexts(),
                settings.top());
    }

    KafkaProducer<byte[], byte[]> producer(String transactionalId) {
        return new KafkaProducer<>(
                PredictionClients.producer(settings, transactionalId),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    static String input(String id, String model, String text) {
        return "{\"id\":\"" + id + "\",\"model\":\"" + model + "\",\"text\":\"" + text + "\"}";
    }

    /** Sends values one after the other, and waits until Kafka has them. */
    void send(int partition, Stream<String> values) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
            values.forEach(value -> {
                var unused = producer.send(new ProducerRecord<>(
                        settings.inputs(), partition, null, value.getBytes(StandardCharsets.UTF_8)));
            });
        }
    }

    void sendNumbered(int partition, int from, int to) {
        send(partition, IntStream.range(from, to).mapToObj(i -> input("id-" + i, "a", "text " + i)));
    }

    /** All predictions, once there are so many: what a transaction holds shows a moment after its commit was answered. */
    List<PredictionRecord> predictions(int least) {
        return committed(settings.predictions(), least).stream()
                .map(record -> PredictionJson.read(record.value()))
                .toList();
    }

    /** All dead letters, once there are so many. */
    List<ConsumerRecord<byte[], byte[]>> deadLetters(int least) {
        return committed(settings.rejected(), least);
    }

    private List<ConsumerRecord<byte[], byte[]>> committed(String topic, int least) {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        await(least + " records in " + topic, () -> {
            found.clear();
            found.addAll(committed(topic));
            return found.size() >= least;
        });
        return found;
    }

    /** What a reader of committed records finds in a topic now. */
    private List<ConsumerRecord<byte[], byte[]>> committed(String topic) {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put("isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    /** Each numbered input has exactly one prediction, which says where it lies. */
    void assertEachOnce(int count) {
        List<PredictionRecord> found = predictions(count);
        assertThat(found)
                .extracting(PredictionRecord::id)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, count).mapToObj(i -> "id-" + i).toList());
        assertThat(found).extracting(PredictionRecord::input).doesNotHaveDuplicates();
        assertThat(found)
                .allSatisfy(one ->
                        assertThat(one.label()).isEqualTo("text " + one.id().substring(3)));
    }

    static void await(String what, BooleanSupplier condition) {
        await(what, condition, () -> LockSupport.parkNanos(2_000_000));
    }

    static void await(String what, BooleanSupplier condition, Runnable turn) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begun).as(what).isLessThan(PATIENCE_NANOS);
            turn.run();
        }
    }

    @Override
    public synchronized void predicted(String model, int inputs) {
        predicted.merge(model, inputs, Integer::sum);
    }

    synchronized int predicted(String model) {
        return predicted.getOrDefault(model, 0);
    }

    @Override
    public void rejected(String reason) {
        rejected.add(reason);
    }
}
