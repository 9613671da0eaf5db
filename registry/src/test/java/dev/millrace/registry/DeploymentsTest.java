package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.TIME;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.Deployment.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What subscribers say they serve, while there is a broker to say it to and when there is none. */
@Timeout(180)
class DeploymentsTest {

    private static final Duration OFTEN = Duration.ofMillis(200);
    private static final String REGISTRY = "registry";

    @TempDir
    Path folder;

    private Cluster cluster;
    private ArtifactStore store;
    private VersionPublisher publisher;
    private final ToyLoader loader = new ToyLoader();
    private final AtomicInteger dropped = new AtomicInteger();
    private final Told told = new Told() {
        @Override
        public void reportDropped(String model) {
            dropped.incrementAndGet();
        }
    };

    @BeforeEach
    void start() throws Exception {
        cluster = Cluster.start(folder.resolve("kafka"));
        cluster.createRegistry(REGISTRY);
        store = FolderArtifactStore.open(folder.resolve("store"));
        publisher = cluster.publisher(REGISTRY);
    }

    @AfterEach
    void stop() {
        publisher.close();
        cluster.close();
    }

    @Test
    void eachSubscriberSaysWhatItServesUntilItStops() throws Exception {
        cluster.create(DeploymentTopic.of("model-deployments", (short) 1));
        publish(1);
        try (Subscription<Toy> subscription = subscribe("web-1");
                Subscription<Toy> other = subscribe("web-2")) {
            other.awaitVersion(PATIENCE);
            subscription.awaitVersion(PATIENCE);
            Deployment serving = await(report -> report.state() == State.SERVING);
            assertThat(serving.version()).isEqualTo(1L);
            assertThat(serving.newest()).isEqualTo(1L);
            assertThat(serving.since()).isNotNull();
            assertThat(serving.staleness(cluster.read(REGISTRY), TIME)).contains(Duration.ZERO);
            Deployment again = await(report -> report.time().isAfter(serving.time()));
            assertThat(again.at(State.SERVING, serving.time())).as("said again").isEqualTo(serving);

            Artifact missing = new Artifact("weights", 9, "ab".repeat(32), "sha256/ab/" + "ab".repeat(32));
            publisher.publish(version("m", 2, missing), List.of(champion("m", 2)), consumed(2), cluster.alone("a"));
            Deployment failing = await(report -> report.state() == State.FAILING);
            assertThat(failing.version()).isEqualTo(1L);
            assertThat(failing.newest()).isEqualTo(2L);
            assertThat(failing.since()).isEqualTo(serving.since());
            assertThat(failing.reason()).startsWith("artifact 'weights' is gone");
            assertThat(failing.staleness(cluster.read(REGISTRY), TIME.plusSeconds(90)))
                    .contains(Duration.ofSeconds(90));
            assertThat(failing.staleness(ModelRegistry.empty(), TIME)).isEmpty();

            assertThat(read().all())
                    .extracting(Deployment::key)
                    .containsExactly("m@champion/web-1", "m@champion/web-2");
            assertThat(read().of("other")).isEmpty();
        }
        Deployment stopped = await(report -> report.state() == State.STOPPED);
        assertThat(stopped.version()).as("its last words").isEqualTo(1L);
        assertThat(dropped).hasValue(0);
    }

    @Test
    void servesAsEverWhereThereIsNoTopicForReports() throws Exception {
        publish(1);
        try (Subscription<Toy> subscription = subscribe("web-1")) {
            assertThat(subscription.awaitVersion(PATIENCE).version()).isEqualTo(1);
            await(() -> dropped.get() > 0);
            assertThat(subscription.isHealthy()).isTrue();
        }
        assertThat(read().all()).isEmpty();
        try (Admin admin = Admin.create(cluster.client())) {
            assertThat(admin.listTopics().names().get()).as("nobody created it").doesNotContain("model-deployments");
        }
    }

    @Test
    void goesOnServingAndLoadingWhenTheBrokerIsGoneAndSaysHowOldItIs() throws Exception {
        cluster.create(DeploymentTopic.of("model-deployments", (short) 1));
        publish(1);
        Subscription<Toy> subscription = subscribe("web-1");
        try {
            subscription.awaitVersion(PATIENCE);
            await(() -> subscription.sinceHeard().isPresent());
            Artifact late = store.put("weights", content("version 2"));
            Path file = folder.resolve("store").resolve(late.uri());
            Path away = Files.move(file, folder.resolve("away"));
            publisher.publish(version("m", 2, late), List.of(champion("m", 2)), consumed(2), cluster.alone("a"));
            told.awaitRefusal(2);
            cluster.close();

            await(() -> subscription.sinceHeard().orElseThrow().toMillis() > 4_500);
            assertThat(subscription.isHealthy()).isTrue();
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(1);
            assertThat(subscription.refusal()).isPresent();

            // The store is back before the broker is: what was heard of is loaded all the same.
            Files.move(away, file);
            told.awaitSwap(2);
            assertThat(subscription.<Long>use(served -> served.value().number()))
                    .isEqualTo(2);
        } finally {
            long begun = System.nanoTime();
            subscription.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(8));
        }
    }

    private Subscription<Toy> subscribe(String instance) {
        return Subscription.to("m", cluster.client(), store, loader)
                .topic(REGISTRY)
                .instance(instance)
                .deployments("model-deployments", OFTEN)
                .retryDelay(failures -> OFTEN)
                .observer(told)
                .start();
    }

    private Deployments read() {
        return Deployments.read(cluster.client(), "model-deployments", PATIENCE);
    }

    /** The last word of web-1, once it is such. */
    private Deployment await(Predicate<Deployment> wanted) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            for (Deployment report : read().of("m")) {
                if (report.instance().equals("web-1") && wanted.test(report)) {
                    return report;
                }
            }
        }
        throw new AssertionError("last reported: " + read().all());
    }

    private static void await(BooleanSupplier wanted) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!wanted.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private void publish(long number) throws Exception {
        Artifact file = store.put("weights", content("version " + number));
        publisher.publish(
                version("m", number, file), List.of(champion("m", number)), consumed(number), cluster.alone("a"));
    }
}
