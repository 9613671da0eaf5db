package dev.millrace.registry;

import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class SubscriptionTest {

    private static Cluster cluster;

    @TempDir
    Path folder;

    private PublishedModel model;
    private final ToyLoader loader = new ToyLoader();
    private final Told told = new Told();

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void prepare(TestInfo test) throws Exception {
        model = PublishedModel.open(cluster, test.getTestMethod().orElseThrow().getName(), folder);
    }

    @AfterEach
    void release() {
        model.close();
    }

    @Test
    void servesTheChampionAndSwaps() throws Exception {
        try (Subscription<Toy> subscription = subscribe()) {
            assertThatThrownBy(subscription::acquire)
                    .isInstanceOf(NoVersionException.class)
                    .hasMessageContaining(
                            "no version has come for alias 'champion' of model 'm' in topic '" + model.topic());
            assertThatThrownBy(() -> subscription.awaitVersion(Duration.ZERO)).isInstanceOf(NoVersionException.class);

            model.publish(1);
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(1);
            assertThat(subscription.isHealthy()).isTrue();
            try (Lease<Toy> inFlight = subscription.acquire()) {
                model.publish(2);
                told.awaitSwap(2);
                assertThat(inFlight.version().version()).isEqualTo(1);
                assertThat(inFlight.value().closes()).isZero();
                assertThat(subscription.<Long>use(served -> served.value().number()))
                        .isEqualTo(2);
                assertThat(subscription.current().orElseThrow().version()).isEqualTo(2);
            }
            assertThat(loader.loaded(1).closes()).isOne();
            assertThat(loader.loaded(2).closes()).isZero();
            assertThat(threads()).contains("millrace-subscription-m");
        }
        assertThat(loader.loaded(2).closes()).isOne();
    }

    @Test
    void servesTheSuccessorFromTheCutOverOn() throws Exception {
        model.publisher()
                .publish(version("n", 7, model.put(7)), List.of(champion("n", 7)), consumed(1), cluster.alone("alone"));
        model.publish(1);
        try (Subscription<Toy> subscription = subscribe();
                Governance governance = Governance.open(cluster.client(), model.topic(), Clock.systemUTC())) {
            assertThat(subscription.awaitVersion(PATIENCE).model()).isEqualTo("m");

            governance.cutOver("m", "n", new Governance.Asked("ann", "better"));
            told.awaitSwap(7);
            assertThat(subscription.current().orElseThrow().model()).isEqualTo("n");

            model.publish(2);
            model.publisher()
                    .publish(
                            version("n", 8, model.put(8)),
                            List.of(champion("n", 8)),
                            consumed(2),
                            cluster.alone("alone"));
            told.awaitSwap(8);
            assertThat(loader.loaded(7).closes()).isOne();

            governance.cutBack("m", new Governance.Asked("ann", "it was not"));
            told.awaitSwap(2);
            assertThat(subscription.current().orElseThrow().model()).isEqualTo("m");
        }
    }

    @Test
    void servesManyThreadsWhileItSwaps() throws Exception {
        int versions = 20;
        int users = 4;
        ExecutorService threads = Executors.newFixedThreadPool(users);
        try (Subscription<Toy> subscription = subscribe()) {
            model.publish(1);
            subscription.awaitVersion(PATIENCE);
            List<Future<Long>> uses = new ArrayList<>();
            for (int i = 0; i < users; i++) {
                uses.add(threads.submit(() -> {
                    long last = 0;
                    while (last < versions) {
                        long before = last;
                        last = subscription.<Long>use(served -> {
                            assertThat(served.value().number())
                                    .isEqualTo(served.version().version())
                                    .isGreaterThanOrEqualTo(before);
                            Thread.onSpinWait();
                            assertThat(served.value().closes()).isZero();
                            return served.value().number();
                        });
                    }
                    return last;
                }));
            }
            for (int version = 2; version <= versions; version++) {
                model.publish(version);
                told.awaitSwap(version);
            }
            for (Future<Long> use : uses) {
                assertThat(use.get()).isEqualTo(versions);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(loader.loads)
                .hasSize(versions)
                .allSatisfy(toy -> assertThat(toy.closes()).isOne());
    }

    @Test
    void refusesWhatIsDamagedAndGoesOnServing() throws Exception {
        model.publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            subscription.awaitVersion(PATIENCE);
            Artifact damaged = model.put(2);
            Path tampered = Files.writeString(folder.resolve("tampered"), "version 9");
            Files.move(tampered, folder.resolve(damaged.uri()), StandardCopyOption.REPLACE_EXISTING);
            model.publish(version("m", 2, damaged));
            assertThat(told.awaitRefusal(2)).isInstanceOf(ArtifactException.class);

            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(1);
            assertThat(subscription.isHealthy()).isTrue();
            assertThat(subscription.refusal().orElseThrow().version().version()).isEqualTo(2);

            model.publish(3);
            told.awaitSwap(3);
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(3);
            assertThat(subscription.refusal()).isEmpty();
            assertThat(loader.numbers()).as("no unverified byte was loaded").containsExactly(1L, 3L);
        }
    }

    @Test
    void goesOnServingWhenTheRecordOfItsVersionCanNoLongerBeRead() throws Exception {
        model.publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            subscription.awaitVersion(PATIENCE);
            put("m/1", "garbage");
            put("m/7", "{\"schema\":99,\"model\":\"m\",\"version\":7}");
            assertThat(cluster.read(model.topic()).problems()).hasSize(2);
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(1);

            // Whoever has seen the next version has seen those two before.
            model.publish(2);
            told.awaitSwap(2);
            assertThat(loader.numbers()).containsExactly(1L, 2L);
            assertThat(told.refusals).isEmpty();
            assertThat(subscription.isHealthy()).isTrue();
            assertThat(subscription.failure()).isEmpty();
        }
    }

    private void put(String key, String value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = cluster.rawProducer("raw-" + model.topic())) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(model.topic(), Cluster.utf8(key), Cluster.utf8(value)))
                    .get(20, TimeUnit.SECONDS);
            producer.commitTransaction();
        }
    }

    @Test
    void saysThatTheOnlyVersionWasRefused() throws Exception {
        loader.failure = new IllegalStateException("head has 3 rows, but there are 2 labels");
        model.publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            told.awaitRefusal(1);
            assertThatThrownBy(subscription::acquire)
                    .isInstanceOf(NoVersionException.class)
                    .hasMessageContaining("version 1")
                    .hasMessageContaining("head has 3 rows")
                    .hasCause(loader.failure);
        }
    }

    @Test
    void waitsForATopicThatComesLater() throws Exception {
        String later = model.topic() + "-created-later";
        try (Subscription<Toy> subscription = Subscription.to("m", cluster.client(), model.store(), loader)
                        .topic(later)
                        .observer(told)
                        .start();
                VersionPublisher other = openAfterCreating(later)) {
            other.publish(
                    version("m", 1, model.put(1)), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(1);
        }
    }

    @Test
    void stopsOnAnErrorThatItDoesNotKnowAndSaysSo() throws Exception {
        model.publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            subscription.awaitVersion(PATIENCE);
            told.broken = new AssertionError("the observer is broken");
            model.publish(2);
            told.awaitSwap(2);
            assertThatEnds(subscription);
            assertThat(subscription.isHealthy()).isFalse();
            assertThat(subscription.failure()).containsSame(told.broken);
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(2);
        }
    }

    @Test
    void endsWhenItIsClosed() throws Exception {
        model.publish(1);
        Subscription<Toy> subscription = subscribe();
        subscription.awaitVersion(PATIENCE);
        Lease<Toy> lease = subscription.acquire();
        subscription.close();
        subscription.close();

        assertThat(subscription.isHealthy()).isFalse();
        assertThat(subscription.failure()).isEmpty();
        assertThat(lease.value().closes()).isZero();
        assertThatThrownBy(subscription::acquire)
                .isInstanceOf(NoVersionException.class)
                .hasMessageContaining("closed");
        lease.close();
        assertThat(loader.loaded(1).closes()).isOne();
    }

    @Test
    void aSubscriptionAsksWhoIsTrusted() throws Exception {
        RecordSigner signer = RecordSigner.generate(folder.resolve("trainer.key"));
        model.publish(1);
        try (Subscription<Toy> subscription = Subscription.to("m@champion", cluster.client(), model.store(), loader)
                .topic(model.topic())
                .trust(TrustedKeys.read(folder.resolve("trainer.key.pub")))
                .observer(told)
                .start()) {
            assertThat(told.awaitRefusal(1)).isInstanceOf(UntrustedVersionException.class);
            assertThat(subscription.current()).isEmpty();
            model.publish(signer.sign(version("m", 2, model.put(2))));
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(2);
        }
    }

    private Subscription<Toy> subscribe() {
        return Subscription.to("m@champion", cluster.client(), model.store(), loader)
                .topic(model.topic())
                .observer(told)
                .start();
    }

    private VersionPublisher openAfterCreating(String name) throws Exception {
        return cluster.publisher(cluster.createRegistry(name));
    }

    private static void assertThatEnds(Subscription<Toy> subscription) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (subscription.failure().isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
    }
}
