package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
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

    private String topic = "";
    private ArtifactStore store;
    private VersionPublisher publisher;
    private final ToyLoader loader = new ToyLoader();
    private final Told told = new Told();
    private VersionTrust trust = VersionTrust.ANYONE;
    private final AtomicLong nanos = new AtomicLong();

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
        topic = cluster.createRegistry(test.getTestMethod().orElseThrow().getName());
        store = FolderArtifactStore.open(folder);
        publisher = cluster.publisher(topic);
    }

    @AfterEach
    void release() {
        publisher.close();
    }

    @Test
    void servesTheChampionAndSwaps() throws Exception {
        try (Subscription<Toy> subscription = subscribe()) {
            assertThatThrownBy(subscription::acquire)
                    .isInstanceOf(NoVersionException.class)
                    .hasMessageContaining("no version has come for alias 'champion' of model 'm' in topic '" + topic);
            assertThatThrownBy(() -> subscription.awaitVersion(Duration.ZERO)).isInstanceOf(NoVersionException.class);

            publish(1);
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(1);
            assertThat(subscription.isHealthy()).isTrue();
            try (Lease<Toy> inFlight = subscription.acquire()) {
                publish(2);
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
        publisher.publish(version("n", 7, put(7)), List.of(champion("n", 7)), consumed(1), cluster.alone("alone"));
        publish(1);
        try (Subscription<Toy> subscription = subscribe();
                Governance governance = Governance.open(cluster.client(), topic, Clock.systemUTC())) {
            assertThat(subscription.awaitVersion(PATIENCE).model()).isEqualTo("m");

            governance.cutOver("m", "n", new Governance.Asked("ann", "better"));
            told.awaitSwap(7);
            assertThat(subscription.current().orElseThrow().model()).isEqualTo("n");

            publish(2);
            publisher.publish(version("n", 8, put(8)), List.of(champion("n", 8)), consumed(2), cluster.alone("alone"));
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
            publish(1);
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
                publish(version);
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
    void followsAnAliasBackAndOthersNotAtAll() throws Exception {
        publish(1);
        publish(2);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, "canary")) {
            publisher.change(List.of(alias("m", "canary", 2)), List.of());
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(2);

            publisher.change(List.of(alias("m", "canary", 1), alias("other", "canary", 2)), List.of());
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(1);

            publisher.change(List.of(champion("m", 2), alias("m", "canary", 7)), List.of());
            publish(3);
            publisher.change(List.of(alias("m", "canary", 3)), List.of());
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(2L, 1L, 3L);
        }
    }

    @Test
    void refusesWhatIsDamagedAndGoesOnServing() throws Exception {
        publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            subscription.awaitVersion(PATIENCE);
            Artifact damaged = put(2);
            Path tampered = Files.writeString(folder.resolve("tampered"), "version 9");
            Files.move(tampered, folder.resolve(damaged.uri()), StandardCopyOption.REPLACE_EXISTING);
            publisher.publish(version("m", 2, damaged), List.of(champion("m", 2)), consumed(2), cluster.alone("alone"));
            assertThat(told.awaitRefusal(2)).isInstanceOf(ArtifactException.class);

            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(1);
            assertThat(subscription.isHealthy()).isTrue();
            assertThat(subscription.refusal().orElseThrow().version().version()).isEqualTo(2);

            publish(3);
            told.awaitSwap(3);
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(3);
            assertThat(subscription.refusal()).isEmpty();
            assertThat(loader.numbers()).as("no unverified byte was loaded").containsExactly(1L, 3L);
        }
    }

    @Test
    void goesOnServingWhenTheRecordOfItsVersionCanNoLongerBeRead() throws Exception {
        publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            subscription.awaitVersion(PATIENCE);
            put("m/1", "garbage");
            put("m/7", "{\"schema\":99,\"model\":\"m\",\"version\":7}");
            assertThat(cluster.read(topic).problems()).hasSize(2);
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(1);

            // Whoever has seen the next version has seen those two before.
            publish(2);
            told.awaitSwap(2);
            assertThat(loader.numbers()).containsExactly(1L, 2L);
            assertThat(told.refusals).isEmpty();
            assertThat(subscription.isHealthy()).isTrue();
            assertThat(subscription.failure()).isEmpty();
        }
    }

    private void put(String key, String value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = cluster.rawProducer("raw-" + topic)) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, Cluster.utf8(key), Cluster.utf8(value)))
                    .get(20, TimeUnit.SECONDS);
            producer.commitTransaction();
        }
    }

    @Test
    void saysThatTheOnlyVersionWasRefused() throws Exception {
        loader.failure = new IllegalStateException("head has 3 rows, but there are 2 labels");
        publish(1);
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
    void triesARefusedVersionAgainButNotInAHotLoop() throws Exception {
        Artifact late = put(1);
        Path elsewhere = Files.move(folder.resolve(late.uri()), folder.resolve("late"));
        publisher.publish(version("m", 1, late), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.REFUSED);
            for (int i = 0; i < 50; i++) {
                assertThat(follower.pollOnce(Duration.ZERO)).isEqualTo(Follower.Step.NOTHING);
            }
            nanos.addAndGet(Duration.ofSeconds(10).toNanos());
            assertThat(follower.pollOnce(Duration.ZERO)).isEqualTo(Follower.Step.REFUSED);
            nanos.addAndGet(Duration.ofSeconds(19).toNanos());
            assertThat(follower.pollOnce(Duration.ZERO)).as("twice as long").isEqualTo(Follower.Step.NOTHING);
            assertThat(told.refusals).hasSize(2);

            Files.move(elsewhere, folder.resolve(late.uri()));
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
            assertThat(follower.pollOnce(Duration.ZERO)).isEqualTo(Follower.Step.SWAPPED);
            assertThat(follower.refusal()).isEmpty();
            assertThat(told.loading).containsExactly(Duration.ofSeconds(30));
        }
    }

    @Test
    void takesANewVersionAtOnceWhateverWasRefused() throws Exception {
        loader.failure = new IOException("no memory");
        publish(1);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.REFUSED);
            loader.failure = null;
            publish(2);
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(2L);
        }
    }

    @Test
    void loadsOnlyTheNewestOfThoseThatCameWhileItWasLoading() throws Exception {
        publish(1);
        loader.whileLoading = () -> {
            loader.whileLoading = () -> {};
            for (int version = 2; version <= 6; version++) {
                publish(version);
            }
            // The broker makes a commit visible a moment after it has confirmed it.
            assertThat(cluster.read(topic).resolve("m", Alias.CHAMPION)).contains(version("m", 6, put(6)));
        };
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(1L, 6L);
        }
    }

    @Test
    void startsWithTheNewestOfALongHistory() throws Exception {
        for (int version = 1; version <= 5; version++) {
            publish(version);
        }
        assertThat(cluster.read(topic).versions("m")).hasSize(5);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(5L);
        }
    }

    @Test
    void beginsAnewWhenTheTopicIsMadeAnew() throws Exception {
        for (int version = 1; version <= 5; version++) {
            publish(version);
        }
        assertThat(cluster.read(topic).versions("m")).hasSize(5);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            publisher.close();
            cluster.deleteRegistry(topic);
            cluster.createRegistry(topic);
            publisher = cluster.publisher(topic);
            publish(1);
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(5L, 1L);
        }
    }

    @Test
    void fetchesOnlyTheFilesThatItsLoaderReads() throws Exception {
        Artifact state = new Artifact("training-state", 9, "0".repeat(64), "sha256/00/" + "0".repeat(64));
        publisher.publish(
                version("m", 1, put(1), state), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.roles).containsExactly("weights");

            publisher.publish(version("m", 2, state), List.of(champion("m", 2)), consumed(2), cluster.alone("alone"));
            stepUntil(follower, Follower.Step.REFUSED);
            assertThat(told.refusals.peek()).hasMessageContaining("no file with the role 'weights'");
        }
    }

    @Test
    void tellsHowFreshAVersionIs() throws Exception {
        publish(1);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
        }
        assertThat(told.freshness).containsExactly(Duration.ofSeconds(12));
    }

    @Test
    void waitsForATopicThatComesLater() throws Exception {
        String later = topic + "-created-later";
        try (Subscription<Toy> subscription = Subscription.to("m", cluster.client(), store, loader)
                        .topic(later)
                        .observer(told)
                        .start();
                VersionPublisher other = openAfterCreating(later)) {
            other.publish(version("m", 1, put(1)), List.of(champion("m", 1)), consumed(1), cluster.alone("alone"));
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(1);
        }
    }

    @Test
    void stopsOnAnErrorThatItDoesNotKnowAndSaysSo() throws Exception {
        publish(1);
        try (Subscription<Toy> subscription = subscribe()) {
            subscription.awaitVersion(PATIENCE);
            told.broken = new AssertionError("the observer is broken");
            publish(2);
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
        publish(1);
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
    void keepsServingUntilATrustedVersionComes() throws Exception {
        RecordSigner signer = RecordSigner.generate(folder.resolve("trainer.key"));
        trust = TrustedKeys.read(folder.resolve("trainer.key.pub"));
        Slot<Toy> slot = new Slot<>();
        try (Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            publish(signer.sign(version("m", 1, put(1))));
            stepUntil(follower, Follower.Step.SWAPPED);

            // Its file is nowhere: a refusal that speaks of the signature never looked for it.
            publish(version("m", 2, new Artifact("weights", 1, "ab".repeat(32), "sha256/ab/" + "ab".repeat(32))));
            stepUntil(follower, Follower.Step.REFUSED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(1);
            assertThat(told.refusals)
                    .singleElement()
                    .isInstanceOf(UntrustedVersionException.class)
                    .asString()
                    .contains("version 2 of model m is not signed");
            assertThat(follower.refusal().orElseThrow().version().version()).isEqualTo(2);

            publish(signer.sign(version("m", 3, put(3))));
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(3);
            assertThat(follower.refusal()).isEmpty();
            assertThat(loader.numbers()).containsExactly(1L, 3L);

            publish(version("m", 3, put(3)));
            stepUntil(follower, Follower.Step.REFUSED);
            assertThat(slot.version().orElseThrow().signature()).isNotNull();
        } finally {
            slot.close();
        }
    }

    @Test
    void aSubscriptionAsksWhoIsTrusted() throws Exception {
        RecordSigner signer = RecordSigner.generate(folder.resolve("trainer.key"));
        publish(1);
        try (Subscription<Toy> subscription = Subscription.to("m@champion", cluster.client(), store, loader)
                .topic(topic)
                .trust(TrustedKeys.read(folder.resolve("trainer.key.pub")))
                .observer(told)
                .start()) {
            assertThat(told.awaitRefusal(1)).isInstanceOf(UntrustedVersionException.class);
            assertThat(subscription.current()).isEmpty();
            publish(signer.sign(version("m", 2, put(2))));
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(2);
        }
    }

    private Subscription<Toy> subscribe() {
        return Subscription.to("m@champion", cluster.client(), store, loader)
                .topic(topic)
                .observer(told)
                .start();
    }

    private Follower<Toy> follower(Slot<Toy> slot, String alias) {
        Clock clock = Clock.fixed(Examples.TIME.plusSeconds(7), ZoneOffset.UTC);
        return new Follower<>(
                new Follower.Plan<>(
                        new ModelAlias("m", alias),
                        null,
                        "here",
                        store,
                        loader,
                        trust,
                        told,
                        report -> {},
                        clock,
                        nanos::get,
                        failures -> Duration.ofSeconds(10L * failures)),
                TopicTail.of(
                        cluster.client(), topic, new RegistryFold(), IsolationLevel.READ_COMMITTED, System::nanoTime),
                slot,
                new Slot<>());
    }

    private static void stepUntil(Follower<Toy> follower, Follower.Step wanted) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (follower.pollOnce(Duration.ofMillis(100)) != wanted) {
            assertThat(System.nanoTime()).as("time to be " + wanted).isLessThan(deadline);
        }
    }

    private VersionPublisher openAfterCreating(String name) throws Exception {
        return cluster.publisher(cluster.createRegistry(name));
    }

    private Artifact put(long number) throws IOException {
        return store.put("weights", content("version " + number));
    }

    private void publish(long number) throws IOException {
        publish(version("m", number, put(number)));
    }

    private void publish(VersionRecord version) {
        publisher.publish(
                version,
                List.of(champion("m", version.version())),
                consumed(version.version()),
                cluster.alone("alone"));
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
