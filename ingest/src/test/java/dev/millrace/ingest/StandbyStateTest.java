package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
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
import org.apache.kafka.streams.LagInfo;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two instances of ingest, of which one goes while inputs wait for their labels: what the other has to read anew. */
@Timeout(120)
class StandbyStateTest {

    private static final int PARTITIONS = 4;
    private static final int INPUTS = 400;
    private static final String STORE = "pairs";
    private static final String CHANGELOG = "millrace-ingest-pairs-changelog";
    private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    /** What a standby copy may be behind when it is called complete, in offsets: marks of transactions count as well. */
    private static final long NEARLY = 3;

    private static final IngestSettings.Joining JOINING = new IngestSettings.Joining(
            "inputs", "labels", "examples-unpaired", Duration.ofHours(1), Corrections.IGNORE);

    @TempDir
    Path folder;

    private final CountingObserver observer = new CountingObserver();

    /** By partition. */
    private final Map<Integer, Long> halvesInChangelog = new TreeMap<>();

    private String servers = "";

    @Test
    void withAStandbyCopyTheOtherGoesOnAndReadsNextToNothingAnew() throws Exception {
        Map<Integer, Long> restored = restoredWhenOneGoes(1);

        assertThat(restored.values()).allSatisfy(records -> assertThat(records).isLessThanOrEqualTo(NEARLY));
    }

    @Test
    void withoutOneTheOtherGoesOnOnceItHasReadAllThatWaits() throws Exception {
        Map<Integer, Long> restored = restoredWhenOneGoes(0);

        Map<Integer, Long> waiting = new TreeMap<>(halvesInChangelog);
        waiting.keySet().retainAll(restored.keySet());
        assertThat(restored).isNotEmpty().isEqualTo(waiting);
    }

    /**
     * Lets inputs wait in two instances, stops one of them, and brings the labels: each input becomes one example.
     *
     * @return by partition, how many open halves the other instance read from the changelog from then on
     */
    private Map<Integer, Long> restoredWhenOneGoes(int standbyReplicas) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            servers = broker.bootstrapServers();
            createTopics();
            Restored restored = new Restored();
            try (IngestService goes = service("goes", standbyReplicas);
                    IngestService stays = service("stays", standbyReplicas)) {
                goes.start();
                await(goes::isRunning);
                send("inputs", i -> "{\"id\":\"" + i + "\",\"text\":\"text " + i + "\"}");
                await(() -> committed(CHANGELOG).size() == INPUTS);
                committed(CHANGELOG).forEach(half -> halvesInChangelog.merge(half.partition(), 1L, Long::sum));
                assertThat(halvesInChangelog).hasSize(PARTITIONS);

                stays.streams().setGlobalStateRestoreListener(restored);
                stays.start();
                await(() ->
                        stays.isRunning() && goes.isRunning() && !active(stays).isEmpty());
                await(() -> isComplete(stays, standbyReplicas == 0 ? active(stays) : halvesInChangelog.keySet()));
                assertThat(active(goes)).as("what is taken over").isNotEmpty();

                restored.records.clear();
                assertThat(goes.close(Duration.ofSeconds(30))).isTrue();
                send("labels", i -> "{\"id\":\"" + i + "\",\"label\":\"label " + i + "\"}");
                await(() -> committed("training-examples").size() >= INPUTS);
                assertThat(active(stays)).isEqualTo(halvesInChangelog.keySet());
                assertThat(stays.failure()).isEmpty();
            }
            assertThat(committed("training-examples"))
                    .extracting(record -> ExampleJson.read(record.value()))
                    .extracting(example -> example.id() + ": " + example.text() + " = " + example.label())
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, INPUTS)
                            .mapToObj(i -> i + ": text " + i + " = label " + i)
                            .toList());
            assertThat(observer.paired).hasValue(INPUTS);
            assertThat(observer.duplicates).hasValue(0);
            assertThat(observer.unpaired()).isEmpty();
            return new TreeMap<>(restored.records);
        }
    }

    private IngestService service(String name, int standbyReplicas) {
        IngestSettings defaults = IngestSettings.of(servers, folder.resolve(name), Set.of("support"));
        return new IngestService(
                new IngestSettings(
                        defaults.bootstrapServers(),
                        defaults.applicationId(),
                        defaults.instanceId(),
                        defaults.stateDirectory(),
                        defaults.topics(),
                        defaults.models(),
                        defaults.maxTextCharacters(),
                        defaults.maxRecordBytes(),
                        defaults.deduplicationWindow(),
                        defaults.processingThreads(),
                        standbyReplicas,
                        JOINING,
                        defaults.clientProperties(),
                        defaults.format(),
                        defaults.shedding(),
                        defaults.copies()),
                TextProbe.ANY,
                observer);
    }

    /** The partitions whose open halves an instance keeps and works with. */
    private static Set<Integer> active(IngestService service) {
        return service.streams().metadataForLocalThreads().stream()
                .flatMap(thread -> thread.activeTasks().stream())
                .flatMap(task -> task.topicPartitions().stream())
                .filter(partition -> partition.topic().endsWith("halves-repartition"))
                .map(TopicPartition::partition)
                .collect(Collectors.toSet());
    }

    /** Whether an instance has a copy of the open halves of partitions, be it to work with or to stand by. */
    private static boolean isComplete(IngestService service, Set<Integer> partitions) {
        Map<Integer, LagInfo> copies =
                service.streams().allLocalStorePartitionLags().getOrDefault(STORE, Map.of());
        return partitions.stream().allMatch(partition -> {
            LagInfo copy = copies.get(partition);
            return copy != null && copy.offsetLag() <= NEARLY;
        });
    }

    private void createTopics() {
        IngestSettings settings = IngestSettings.of(servers, folder, Set.of("support"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            List<NewTopic> topics = new ArrayList<>(IngestTopics.of(settings.with(JOINING), PARTITIONS, (short) 1));
            topics.add(new NewTopic("inputs", PARTITIONS, (short) 1));
            TopicCreation.createMissing(admin, topics);
        }
    }

    private void send(String topic, IntFunction<String> value) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < INPUTS; i++) {
                var unused = producer.send(new ProducerRecord<>(
                        topic, i % PARTITIONS, null, value.apply(i).getBytes(UTF_8)));
            }
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> committed(String topic) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", servers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (partitions.stream()
                    .anyMatch(
                            partition -> consumer.position(partition) < Objects.requireNonNull(ends.get(partition)))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    private static void await(BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begun).isLessThan(PATIENCE_NANOS);
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** Counts the open halves that are read from the changelog before work goes on. */
    private static final class Restored implements StateRestoreListener {

        private final Map<Integer, Long> records = new ConcurrentHashMap<>();

        @Override
        public void onRestoreStart(TopicPartition partition, String store, long first, long end) {}

        @Override
        public void onBatchRestored(TopicPartition partition, String store, long end, long count) {}

        @Override
        public void onRestoreEnd(TopicPartition partition, String store, long total) {
            if (store.equals(STORE)) {
                records.merge(partition.partition(), total, Long::sum);
            }
        }
    }
}
