package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two aliases side by side, and never more than two versions in memory. */
@Timeout(120)
class TrialTest {

    private static final String CANDIDATE = Alias.CANDIDATE;

    private static Cluster cluster;

    @TempDir
    Path folder;

    private String topic = "";
    private ArtifactStore store;
    private VersionPublisher publisher;
    private final ToyLoader loader = new ToyLoader();
    private final Told told = new Told();
    private final Slot<Toy> slot = new Slot<>();
    private final Slot<Toy> trialSlot = new Slot<>();
    private final List<Deployment> reports = new ArrayList<>();
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
        loader.whileLoading = () -> assertThat(loader.loads.stream().filter(toy -> toy.closes() == 0))
                .as("in memory while a further one is being loaded")
                .hasSizeLessThanOrEqualTo(1);
    }

    @AfterEach
    void release() {
        slot.close();
        trialSlot.close();
        publisher.close();
        assertThat(loader.loads).allSatisfy(toy -> assertThat(toy.closes()).isOne());
    }

    @Test
    void keepsTwoVersionsInMemoryAtMostAndLoadsNoneTwiceForBeingPromoted() throws Exception {
        publish(4);
        move(1, 2);
        try (Follower<Toy> follower = follower()) {
            stepUntilServing(follower, 1, 2L);
            assertThat(loader.numbers()).containsExactly(1L, 2L);

            move(1, 3);
            stepUntilServing(follower, 1, 3L);
            assertThat(loader.loaded(2).closes()).isOne();

            move(3, 3);
            stepUntilServing(follower, 3, null);
            assertThat(loader.numbers()).as("what was tried serves at once").containsExactly(1L, 2L, 3L);
            assertThat(loader.loaded(1).closes()).isOne();

            move(1, 3);
            stepUntilServing(follower, 1, 3L);
            assertThat(loader.numbers()).as("what served is tried again").containsExactly(1L, 2L, 3L, 1L);

            move(4, 3);
            stepUntilServing(follower, 4, 3L);
            assertThat(loader.numbers()).containsExactly(1L, 2L, 3L, 1L, 4L, 3L);
            try (KafkaProducer<byte[], byte[]> raw = cluster.rawProducer("raw-" + topic)) {
                raw.beginTransaction();
                raw.send(new ProducerRecord<>(topic, Cluster.utf8("m@" + CANDIDATE), null))
                        .get(20, TimeUnit.SECONDS);
                raw.commitTransaction();
            }
            stepUntilServing(follower, 4, null);
        }
    }

    @Test
    void aVersionThatIsStillInUseHoldsUpTheNextOneButOne() throws Exception {
        publish(3);
        move(1, 1);
        try (Follower<Toy> follower = follower()) {
            stepUntilServing(follower, 1, null);
            Lease<Toy> inFlight = slot.acquire().orElseThrow();
            move(2, 2);
            stepUntilServing(follower, 2, null);
            move(3, 3);
            assertThat(cluster.read(topic).resolve("m", Alias.CHAMPION)).isPresent();
            for (int i = 0; i < 20; i++) {
                assertThat(follower.pollOnce(Duration.ofMillis(20))).isEqualTo(Follower.Step.NOTHING);
            }
            assertThat(loader.numbers()).containsExactly(1L, 2L);
            assertThat(told.refusals).isEmpty();
            inFlight.close();
            stepUntilServing(follower, 3, null);
        }
    }

    @Test
    void aCandidateThatCannotBeLoadedChangesNothingForTheChampion() throws Exception {
        publish(3);
        move(1, 2);
        try (Follower<Toy> follower = follower()) {
            stepUntilServing(follower, 1, 2L);
            loader.failure = new IllegalStateException("no memory");
            move(1, 3);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (told.refusals.isEmpty()) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                follower.pollOnce(Duration.ofMillis(50));
            }
            assertThat(slot.version().orElseThrow().version()).isEqualTo(1);
            assertThat(trialSlot.version()).isEmpty();
            assertThat(follower.refusal()).as("of the champion").isEmpty();
            assertThat(last("champion").state()).isEqualTo(Deployment.State.SERVING);
            assertThat(last(CANDIDATE).state()).isEqualTo(Deployment.State.FAILING);
            assertThat(last(CANDIDATE).newest()).isEqualTo(3L);
            assertThat(last(CANDIDATE).version()).isNull();

            loader.failure = null;
            nanos.addAndGet(Duration.ofSeconds(10).toNanos());
            stepUntilServing(follower, 1, 3L);
            assertThat(last(CANDIDATE).state()).isEqualTo(Deployment.State.SERVING);
            assertThat(last(CANDIDATE).share()).isEqualTo(0.2);
            assertThat(last("champion").share()).isEqualTo(0.8);
        }
    }

    @Test
    void aSubscriptionServesTwoVersionsByTheKeysOfRequests() throws Exception {
        publish(2);
        move(1, 2);
        try (Subscription<Toy> subscription = Subscription.to("m", cluster.client(), store, loader)
                .topic(topic)
                .canary(CANDIDATE, 0.5)
                .observer(told)
                .start()) {
            subscription.awaitVersion(PATIENCE);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (subscription.trialCounts().canary() < 10) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                for (int key = 0; key < 20; key++) {
                    subscription.<Long>use(
                            "key " + key, served -> served.value().number(), Long::equals);
                }
            }
            assertThat(subscription.trialCounts().main()).isGreaterThan(5);
            assertThat(subscription.trialCounts().agreed()).isZero();
            assertThat(subscription.sinceHeard()).isPresent();
        }
    }

    @Test
    void refusesTrialsThatMakeNoSense() {
        SubscriptionBuilder<Toy> builder = Subscription.to("m", Map.of(), store, loader);
        for (double share : new double[] {0, 1, -0.1, Double.NaN}) {
            assertThatThrownBy(() -> builder.canary(CANDIDATE, share)).hasMessageContaining("share must be above 0");
        }
        assertThatThrownBy(() -> builder.shadow("champion")).hasMessageContaining("another one than m@champion");
        assertThatThrownBy(() -> builder.shadow("a/b")).hasMessageContaining("must name MODEL or MODEL@ALIAS");
        builder.shadow(CANDIDATE);
        assertThatThrownBy(() -> builder.canary("other", 0.1)).hasMessageContaining("not two versions at once");
    }

    private Deployment last(String alias) {
        return reports.stream()
                .filter(report -> report.alias().equals(alias))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private void publish(int versions) throws Exception {
        for (long number = 1; number <= versions; number++) {
            Artifact file = store.put("weights", content("version " + number));
            publisher.publish(version("m", number, file), List.of(), consumed(number), cluster.alone("alone"));
        }
    }

    private void move(long champion, long candidate) {
        publisher.change(List.of(champion("m", champion), alias("m", CANDIDATE, candidate)), List.of());
    }

    private void stepUntilServing(Follower<Toy> follower, long main, @Nullable Long tried) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!slot.version().map(VersionRecord::version).equals(Optional.of(main))
                || !trialSlot.version().map(VersionRecord::version).equals(Optional.ofNullable(tried))) {
            assertThat(System.nanoTime())
                    .as("time to serve " + main + " and " + tried)
                    .isLessThan(deadline);
            follower.pollOnce(Duration.ofMillis(50));
        }
    }

    private Follower<Toy> follower() {
        return new Follower<>(
                new Follower.Plan<>(
                        new ModelAlias("m", Alias.CHAMPION),
                        new Trial(CANDIDATE, 0.2),
                        "here",
                        store,
                        loader,
                        VersionTrust.ANYONE,
                        told,
                        reports::add,
                        Clock.fixed(Examples.TIME.plusSeconds(7), ZoneOffset.UTC),
                        nanos::get,
                        failures -> Duration.ofSeconds(10)),
                TopicTail.of(
                        cluster.client(), topic, new RegistryFold(), IsolationLevel.READ_COMMITTED, System::nanoTime),
                slot,
                trialSlot);
    }
}
