package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedBrokerTest {

    @TempDir
    Path folder;

    @Test
    void servesTransactions() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            createTopic(broker, "letters");
            try (KafkaProducer<String, String> producer = transactional(broker, "writer")) {
                producer.initTransactions();
                send(producer, "letters", "a", true);
                send(producer, "letters", "lost", false);
                send(producer, "letters", "b", true);
            }
            assertThat(readCommitted(broker, "letters", 2)).containsExactly("a", "b");
        }
    }

    @Test
    void keepsTopicsOffsetsAndClusterIdWhenItsFolderIsOpenedAgain() throws Exception {
        String clusterId;
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            clusterId = clusterId(broker);
            createTopic(broker, "letters");
            try (KafkaProducer<String, String> producer = transactional(broker, "writer")) {
                producer.initTransactions();
                send(producer, "letters", "a", true);
                send(producer, "letters", "b", true);
            }
            try (KafkaConsumer<String, String> consumer = consumer(broker, "readers")) {
                consumer.subscribe(List.of("letters"));
                assertThat(read(consumer, 1)).containsExactly("a");
                consumer.commitSync();
            }
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            assertThat(clusterId(broker)).isEqualTo(clusterId);
            assertThat(readCommitted(broker, "letters", 2)).containsExactly("a", "b");
            try (KafkaConsumer<String, String> consumer = consumer(broker, "readers")) {
                consumer.subscribe(List.of("letters"));
                assertThat(read(consumer, 1)).containsExactly("b");
            }
        }
    }

    @Test
    void runsBesideAnother(@TempDir Path other) throws Exception {
        try (EmbeddedBroker second = EmbeddedBroker.start(other)) {
            try (EmbeddedBroker first = EmbeddedBroker.start(folder)) {
                assertThat(clusterId(first)).isNotEqualTo(clusterId(second));
                createTopic(first, "only-in-the-first");
                assertThat(topics(second)).doesNotContain("only-in-the-first");
            }
            createTopic(second, "still-served");
            assertThat(topics(second)).contains("still-served");
        }
    }

    @Test
    void refusesAFolderThatIsOpenInAnotherBroker() {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            assertThat(broker.bootstrapServers()).startsWith("127.0.0.1:");
            assertThatThrownBy(() -> EmbeddedBroker.start(folder))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("open in another broker");
        }
    }

    @Test
    void refusesAPortThatIsTaken(@TempDir Path other) {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            int port = Integer.parseInt(broker.bootstrapServers().split(":", -1)[1]);
            assertThatThrownBy(() -> EmbeddedBroker.start(other, port))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is taken");
            assertThat(other).isEmptyDirectory();
        }
        assertThatThrownBy(() -> EmbeddedBroker.start(other, 70_000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65535");
    }

    @Test
    void comesBackOnTheSamePort() throws Exception {
        int port = Ports.free();
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder, port)) {
            createTopic(broker, "letters");
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder, port)) {
            assertThat(broker.bootstrapServers()).isEqualTo("127.0.0.1:" + port);
            assertThat(topics(broker)).contains("letters");
        }
    }

    @Test
    void abortsWhatWasOpenWhenItWasKilled(@TempDir Path killed) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            createTopic(broker, "letters");
            try (KafkaProducer<String, String> producer = transactional(broker, "writer")) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("letters", "torn")).get(30, TimeUnit.SECONDS);
                // The files as they lie now are what SIGKILL would leave, if nothing is written while they are copied:
                // no
                // time-out may end the transaction.
                copy(folder, killed);
            }
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(killed)) {
            try (KafkaProducer<String, String> producer = transactional(broker, "writer")) {
                producer.initTransactions();
                send(producer, "letters", "whole", true);
            }
            assertThat(readCommitted(broker, "letters", 1)).containsExactly("whole");
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path copy = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(path, copy);
                }
            }
        }
    }

    @Test
    void admitsLargeRecordsAndCreatesNoTopicByItself() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            createTopic(broker, "large");
            String large = "x".repeat(16 * 1024 * 1024);
            try (KafkaProducer<String, String> producer = transactional(broker, "writer")) {
                producer.initTransactions();
                send(producer, "large", large, true);
            }
            assertThat(readCommitted(broker, "large", 1)).containsExactly(large);
            try (Admin admin = admin(broker)) {
                assertThatThrownBy(() -> admin.describeTopics(List.of("never-created"))
                                .allTopicNames()
                                .get())
                        .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
            }
        }
        assertThat(Files.exists(folder.resolve("never-created-0"))).isFalse();
    }

    private static void send(KafkaProducer<String, String> producer, String topic, String value, boolean commit)
            throws Exception {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, value)).get(30, TimeUnit.SECONDS);
        if (commit) {
            producer.commitTransaction();
        } else {
            producer.abortTransaction();
        }
    }

    private static List<String> readCommitted(EmbeddedBroker broker, String topic, int count) {
        try (KafkaConsumer<String, String> consumer = consumer(broker, "reader-of-all")) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return read(consumer, count);
        }
    }

    private static List<String> read(KafkaConsumer<String, String> consumer, int count) {
        List<String> values = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (values.size() < count && System.nanoTime() < deadline) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                values.add(record.value());
            }
        }
        return values;
    }

    private static KafkaProducer<String, String> transactional(EmbeddedBroker broker, String id) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "transactional.id",
                        id,
                        "transaction.timeout.ms",
                        60_000,
                        "max.request.size",
                        32 * 1024 * 1024,
                        "buffer.memory",
                        64L * 1024 * 1024),
                new StringSerializer(),
                new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(EmbeddedBroker broker, String group) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "group.id",
                        group,
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false,
                        "max.poll.records",
                        1,
                        "isolation.level",
                        "read_committed"),
                new StringDeserializer(),
                new StringDeserializer());
    }

    private static void createTopic(EmbeddedBroker broker, String topic) throws Exception {
        try (Admin admin = admin(broker)) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
        }
    }

    private static Iterable<String> topics(EmbeddedBroker broker) throws Exception {
        try (Admin admin = admin(broker)) {
            return admin.listTopics().names().get(30, TimeUnit.SECONDS);
        }
    }

    private static String clusterId(EmbeddedBroker broker) throws Exception {
        try (Admin admin = admin(broker)) {
            return admin.describeCluster().clusterId().get(30, TimeUnit.SECONDS);
        }
    }

    private static Admin admin(EmbeddedBroker broker) {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }
}
