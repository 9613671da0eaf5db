package dev.millrace.registry;

import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Cluster.utf8;
import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Publisher and reader on a real broker. */
@Timeout(180)
class PublishingTest {

    private static Cluster cluster;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void publishesAVersionItsAliasesAndTheOffsetsTogether() throws Exception {
        String topic = cluster.createRegistry("together");
        ConsumerGroupMetadata group = cluster.alone("together");
        try (VersionPublisher publisher = cluster.publisher(topic)) {
            assertThat(cluster.read(topic)).isEqualTo(ModelRegistry.empty());
            publisher.publish(
                    version("m", 1), List.of(champion("m", 1), alias("m", "canary", 1)), consumed(100), group);
            publisher.publish(version("m", 2), List.of(), consumed(200), group);
        }
        ModelRegistry registry = cluster.read(topic);
        assertThat(registry.versions("m")).containsExactly(version("m", 1), version("m", 2));
        assertThat(registry.aliases("m")).containsExactly(alias("m", "canary", 1), champion("m", 1));
        assertThat(registry.problems()).isEmpty();
        assertThat(cluster.committed("together")).contains(200L);
    }

    @Test
    void movesAliasesAlone() throws Exception {
        String topic = cluster.createRegistry("aliases");
        try (VersionPublisher publisher = cluster.publisher(topic)) {
            publisher.publish(version("m", 1), List.of(), consumed(1), cluster.alone("alone"));
            publisher.publish(version("m", 2), List.of(champion("m", 2)), consumed(2), cluster.alone("alone"));
            publisher.change(List.of(champion("m", 1), alias("m", "rolled-back", 2)), List.of());
        }
        assertThat(cluster.read(topic).resolve("m", "champion")).contains(version("m", 1));
        assertThat(cluster.read(topic).resolve("m", "rolled-back")).contains(version("m", 2));
    }

    @Test
    void publishesNothingWhenOneRecordIsTooLarge() throws Exception {
        String topic = cluster.createRegistry("too-large");
        ConsumerGroupMetadata group = cluster.alone("too-large");
        Alias endless =
                new Alias("m", "endless", 1, null, Examples.TIME, "test", "x".repeat(RegistryTopic.MAX_RECORD_BYTES));
        try (VersionPublisher publisher = cluster.publisher(topic)) {
            assertThatThrownBy(() -> publisher.publish(
                            version("m", 1), List.of(champion("m", 1), endless), consumed(100), group))
                    .isInstanceOf(PublishFailedException.class)
                    .hasMessageContaining("m/1")
                    .hasMessageContaining("RecordTooLarge");
            assertThat(cluster.read(topic)).isEqualTo(ModelRegistry.empty());
            assertThat(cluster.committed("too-large")).isEmpty();

            publisher.publish(version("m", 1), List.of(champion("m", 1)), consumed(100), group);
        }
        assertThat(cluster.read(topic).resolve("m", "champion")).contains(version("m", 1));
        assertThat(cluster.committed("too-large")).contains(100L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void refusesATrainerWhoseGroupHasMovedOn(String protocol) throws Exception {
        String topic = cluster.createRegistry("zombie-" + protocol);
        String group = "zombies-" + protocol;
        ConsumerGroupMetadata zombie;
        try (KafkaConsumer<byte[], byte[]> first = cluster.member(group, protocol)) {
            zombie = first.groupMetadata();
        }
        try (VersionPublisher publisher = cluster.publisher(topic);
                KafkaConsumer<byte[], byte[]> successor = cluster.member(group, protocol)) {
            assertThatThrownBy(
                            () -> publisher.publish(version("m", 1), List.of(champion("m", 1)), consumed(100), zombie))
                    .isInstanceOf(FencedException.class)
                    .hasMessageContaining("group");
            assertThat(cluster.read(topic)).isEqualTo(ModelRegistry.empty());
            assertThat(cluster.committed(group)).isEmpty();

            publisher.publish(version("m", 1), List.of(champion("m", 1)), consumed(50), successor.groupMetadata());
        }
        assertThat(cluster.read(topic).resolve("m", "champion")).contains(version("m", 1));
        assertThat(cluster.committed(group)).contains(50L);
    }

    @Test
    void letsATrainerTryAgainThatHasNotHeardOfTheNewGeneration() throws Exception {
        String topic = cluster.createRegistry("sharing");
        try (VersionPublisher publisher = cluster.publisher(topic);
                KafkaConsumer<byte[], byte[]> member = cluster.member("sharing", "classic")) {
            ConsumerGroupMetadata before = member.groupMetadata();
            member.enforceRebalance();
            while (member.groupMetadata().generationId() == before.generationId()) {
                member.poll(Duration.ofMillis(100));
            }
            assertThat(member.groupMetadata().memberId()).isEqualTo(before.memberId());

            assertThatThrownBy(() -> publisher.publish(version("m", 1), List.of(), consumed(50), before))
                    .isInstanceOf(PublishFailedException.class)
                    .hasMessageContaining("sharing out its partitions");
            assertThat(cluster.committed("sharing")).isEmpty();

            publisher.publish(version("m", 1), List.of(), consumed(50), member.groupMetadata());
        }
        assertThat(cluster.read(topic).latest("m")).contains(version("m", 1));
        assertThat(cluster.committed("sharing")).contains(50L);
    }

    @Test
    void refusesAPublisherThatWasReplaced() throws Exception {
        String topic = cluster.createRegistry("replaced");
        try (VersionPublisher old = cluster.publisher(topic);
                VersionPublisher successor = cluster.publisher(topic)) {
            assertThatThrownBy(() -> old.publish(version("m", 1), List.of(), consumed(1), cluster.alone("alone")))
                    .isInstanceOf(FencedException.class);
            assertThat(cluster.read(topic)).isEqualTo(ModelRegistry.empty());

            successor.publish(version("m", 1), List.of(), consumed(1), cluster.alone("alone"));
        }
        assertThat(cluster.read(topic).latest("m")).contains(version("m", 1));
    }

    @Test
    void readsPastAbortedAndOpenTransactions() throws Exception {
        String topic = cluster.createRegistry("markers");
        try (VersionPublisher publisher = cluster.publisher(topic);
                KafkaProducer<byte[], byte[]> raw = cluster.rawProducer("raw")) {
            publisher.publish(version("m", 1), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
            raw.beginTransaction();
            send(raw, topic, "m/2", RegistryJson.write(version("m", 2)));
            raw.abortTransaction();
            assertThat(cluster.read(topic).versions("m")).containsExactly(version("m", 1));

            raw.beginTransaction();
            send(raw, topic, "m/3", RegistryJson.write(version("m", 3)));
            assertThat(RegistryReader.readAll(cluster.client(), topic, Cluster.PATIENCE)
                            .versions("m"))
                    .as("still open")
                    .containsExactly(version("m", 1));
            assertThatThrownBy(() -> RegistryReader.readSettled(cluster.client(), topic, Duration.ofSeconds(1)))
                    .as("whether there is a version 3 is not known yet")
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("transaction left open");
            raw.commitTransaction();
            assertThat(cluster.read(topic).versions("m")).containsExactly(version("m", 1), version("m", 3));
        }
    }

    @Test
    void readsOnPastRecordsThatAreNoneOfOurs() throws Exception {
        String topic = cluster.createRegistry("poisoned");
        try (VersionPublisher publisher = cluster.publisher(topic);
                KafkaProducer<byte[], byte[]> raw = cluster.rawProducer("poison")) {
            raw.beginTransaction();
            send(raw, topic, "nonsense", utf8("{"));
            send(raw, topic, "m/7", utf8("{\"schema\":99}"));
            raw.commitTransaction();
            publisher.publish(version("m", 1), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
        }
        ModelRegistry registry = cluster.read(topic);
        assertThat(registry.resolve("m", "champion")).contains(version("m", 1));
        assertThat(registry.problems()).extracting(ModelRegistry.Problem::key).containsExactly("nonsense", "m/7");
    }

    @Test
    void readsTheSameAgainWithoutAnyLocalFile(@TempDir Path store) throws Exception {
        String topic = cluster.createRegistry("again");
        ArtifactStore artifacts = FolderArtifactStore.open(store);
        Artifact weights = artifacts.put("weights", ArtifactStoreContract.content("abc"));
        try (VersionPublisher publisher = cluster.publisher(topic)) {
            publisher.publish(version("m", 1, weights), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
        }
        ModelRegistry before = cluster.read(topic);
        artifacts.delete(weights);

        assertThat(cluster.read(topic)).isEqualTo(before);
        assertThat(before.latest("m").orElseThrow().artifacts()).containsExactly(weights);
    }

    @Test
    void saysThatThereIsNoTopic() {
        assertThatThrownBy(() -> cluster.read("never-created"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no topic 'never-created'");
    }

    @Test
    void saysThatNoBrokerAnswers() {
        assertThatThrownBy(() -> RegistryReader.readAll(
                        Map.of("bootstrap.servers", "127.0.0.1:1"), "registry", Duration.ofMillis(300)))
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining("127.0.0.1:1")
                .hasMessageContaining("reachable");
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, String key, byte[] value)
            throws Exception {
        producer.send(new ProducerRecord<>(topic, utf8(key), value)).get(60, TimeUnit.SECONDS);
    }
}
