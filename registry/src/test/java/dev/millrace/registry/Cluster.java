package dev.millrace.registry;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A real broker with the topics of a test: {@code training-examples}, and one registry for each test. */
final class Cluster implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final TopicPartition EXAMPLES = new TopicPartition("training-examples", 0);

    private final EmbeddedBroker broker;

    private Cluster(EmbeddedBroker broker) {
        this.broker = broker;
    }

    static Cluster start(Path folder) throws Exception {
        Cluster cluster = new Cluster(EmbeddedBroker.start(folder));
        cluster.create(new NewTopic(EXAMPLES.topic(), 1, (short) 1));
        return cluster;
    }

    Map<String, Object> client() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    String createRegistry(String name) throws Exception {
        for (NewTopic topic : RegistryTopic.all(name, (short) 1)) {
            create(topic);
        }
        return name;
    }

    void create(NewTopic topic) throws Exception {
        try (Admin admin = Admin.create(client())) {
            admin.createTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
        }
    }

    void deleteRegistry(String name) throws Exception {
        delete(name);
        delete(RegistryTopic.auditOf(name));
    }

    private void delete(String topic) throws Exception {
        try (Admin admin = Admin.create(client())) {
            admin.deleteTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
        }
    }

    /** What is in a registry once the last commit has become visible. */
    ModelRegistry read(String topic) {
        return RegistryReader.readSettled(client(), topic, PATIENCE);
    }

    VersionPublisher publisher(String topic) {
        return VersionPublisher.open(client(), topic, "publisher-of-" + topic);
    }

    static Map<TopicPartition, OffsetAndMetadata> consumed(long nextOffset) {
        return Map.of(EXAMPLES, new OffsetAndMetadata(nextOffset));
    }

    Optional<Long> committed(String group) throws Exception {
        try (Admin admin = Admin.create(client())) {
            return Optional.ofNullable(admin.listConsumerGroupOffsets(group)
                            .partitionsToOffsetAndMetadata()
                            .get(60, TimeUnit.SECONDS)
                            .get(EXAMPLES))
                    .map(OffsetAndMetadata::offset);
        }
    }

    /** A producer in a transaction, to write what no publisher would. */
    KafkaProducer<byte[], byte[]> rawProducer(String transactionalId) {
        Map<String, Object> properties = new HashMap<>(client());
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    /** What a consumer says that never joined its group, so that nothing can fence it. */
    ConsumerGroupMetadata alone(String group) {
        Map<String, Object> properties = new HashMap<>(client());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return consumer.groupMetadata();
        }
    }

    /** A consumer that has joined a group and got the examples. */
    KafkaConsumer<byte[], byte[]> member(String group, String protocol) {
        Map<String, Object> properties = new HashMap<>(client());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        properties.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(EXAMPLES.topic()));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!consumer.assignment().equals(Set.of(EXAMPLES))) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the group never gave the examples to its only member");
            }
            consumer.poll(Duration.ofMillis(100));
        }
        return consumer;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        broker.close();
    }
}
