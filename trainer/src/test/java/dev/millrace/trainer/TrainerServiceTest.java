package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class TrainerServiceTest {

    private static final VersionPolicy QUICK = new VersionPolicy(16, Duration.ofDays(1), Duration.ofMillis(200), 2);

    @TempDir
    Path folder;

    private final BlockingQueue<VersionRecord> published = new LinkedBlockingQueue<>();

    private TrainerService start(TrainerBench bench, ArtifactStore store, TrainerSettings settings) {
        return TrainerService.start(
                settings,
                bench.base,
                TinyBase.CPU,
                store,
                TrainingObserver.NONE,
                new RegistryObserver() {
                    @Override
                    public void published(VersionRecord version, Duration writing) {
                        published.add(version);
                    }
                },
                Clock.systemUTC(),
                System::nanoTime);
    }

    private VersionRecord untilVersionOf(long examples) throws InterruptedException {
        while (true) {
            VersionRecord version = published.poll(60, TimeUnit.SECONDS);
            assertThat(version).as("a version of %s examples", examples).isNotNull();
            if (version != null && version.examples() == examples) {
                return version;
            }
        }
    }

    private static Throwable untilFailureOf(TrainerService trainer) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        CountDownLatch never = new CountDownLatch(1);
        while (trainer.failure().isEmpty()) {
            assertThat(System.nanoTime()).as("no failure came").isLessThan(deadline);
            assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
        }
        return trainer.failure().orElseThrow();
    }

    @Test
    void trainsOnAThreadOfItsOwnAndGoesOnWhereTheLastOneEnded() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("service", 1);
            List<LabelledExample> examples = HelpDesk.examples("support", 60, 1);
            TrainerSettings settings = bench.settings(site, QUICK, "support");
            bench.append(site, examples.subList(0, 20));
            try (TrainerService trainer = start(bench, site.store(), settings)) {
                assertThat(untilVersionOf(20).runtime()).isEqualTo(trainer.runtime());
                assertThat(trainer.failure()).isEmpty();
                assertThat(trainer.consumer().metrics()).isNotEmpty();
            }
            bench.append(site, examples.subList(20, 60));
            TrainerService second = start(bench, site.store(), settings);
            VersionRecord newest = untilVersionOf(60);
            assertThat(newest.steps()).isEqualTo(8);
            assertThat(newest).isEqualTo(bench.registry(site).latest("support").orElseThrow());

            // Whoever interrupts the closing thread does not free memory that is being computed with.
            Thread.currentThread().interrupt();
            second.close();
            assertThat(Thread.interrupted()).isTrue();
            second.close();
            assertThat(second.failure()).isEmpty();
        }
    }

    @Test
    void tellsInItsOwnWordsWhyItStopped() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("failure", 1);
            TrainerSettings settings = bench.settings(site, QUICK, "support");
            bench.append(site, HelpDesk.examples("support", 16, 1));
            VersionRecord version;
            try (TrainerService trainer = start(bench, site.store(), settings)) {
                version = untilVersionOf(16);
                assertThat(trainer.failure()).isEmpty();
            }
            site.store().delete(version.artifact(CheckpointFiles.TRAINING_STATE).orElseThrow());
            try (TrainerService trainer = start(bench, site.store(), settings)) {
                assertThat(untilFailureOf(trainer))
                        .hasMessageStartingWith("Training of support cannot go on from version 1: ");
            }
            assertThatThrownBy(() -> start(bench, site.store(), withFrozenLayers(settings, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("frozenLayers must be 0 to 1, but is 2");
        }
    }

    @Test
    void stopsWhenAVersionCannotBeWritten() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("disk", 1);
            bench.append(site, HelpDesk.examples("support", 16, 1));
            ArtifactStore full = new SlowStore(site.store(), () -> {
                throw new IOException("no space left");
            });
            try (TrainerService trainer = start(bench, full, bench.settings(site, QUICK, "support"))) {
                assertThat(untilFailureOf(trainer)).hasMessage("A version could not be written: no space left");
            }
            assertThat(bench.registry(site).versions("support")).isEmpty();
            assertThat(bench.consumed(site)).isEmpty();
        }
    }

    @Test
    void closesWhileKafkaIsGoneAndAVersionWaits() throws Exception {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch brokerIsGone = new CountDownLatch(1);
        TrainerService trainer;
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("dead", 1);
            bench.append(site, HelpDesk.examples("support", 64, 1));
            ArtifactStore slow = new SlowStore(site.store(), () -> {
                writing.countDown();
                assertThat(TrainerBench.<Boolean>await(() -> brokerIsGone.await(60, TimeUnit.SECONDS)))
                        .isTrue();
            });
            trainer = start(bench, slow, impatient(bench.settings(site, QUICK, "support")));
            assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();
        }
        brokerIsGone.countDown();
        trainer.close();
        assertThat(published).isEmpty();
    }

    @Test
    void tellsThatKafkaDoesNotAnswer() throws Exception {
        Map<String, String> nowhere = Map.of("bootstrap.servers", "127.0.0.1:1", "max.block.ms", "500");
        TrainerSettings settings = new TrainerSettings(
                Set.of("support"),
                "ledger",
                "rejected",
                "registry",
                "group",
                Duration.ofSeconds(2),
                nowhere,
                TinyRecipe.standard(),
                QUICK);
        try (TrainerService trainer = TrainerService.start(
                settings,
                TinyBase.model(),
                TinyBase.CPU,
                FolderArtifactStore.open(folder),
                TrainingObserver.NONE,
                RegistryObserver.NONE,
                Clock.systemUTC(),
                System::nanoTime)) {
            assertThat(untilFailureOf(trainer)).isInstanceOf(TimeoutException.class);
        }
    }

    private interface Before {
        void weights() throws IOException;
    }

    /** Does something before each file of weights. */
    private record SlowStore(ArtifactStore real, Before before) implements ArtifactStore {

        @Override
        public Artifact put(String role, Content content) throws IOException {
            if (role.equals("weights")) {
                before.weights();
            }
            return real.put(role, content);
        }

        @Override
        public Path fetch(Artifact artifact) throws IOException {
            return real.fetch(artifact);
        }

        @Override
        public void delete(Artifact artifact) throws IOException {
            real.delete(artifact);
        }
    }

    private static TrainerSettings withFrozenLayers(TrainerSettings settings, int frozenLayers) {
        return with(settings, settings.clientProperties(), TinyRecipe.with(64, frozenLayers, 42));
    }

    private static TrainerSettings impatient(TrainerSettings settings) {
        Map<String, String> client = new HashMap<>(settings.clientProperties());
        client.putAll(Map.of(
                "delivery.timeout.ms", "2000",
                "request.timeout.ms", "1500",
                "max.block.ms", "2000",
                "default.api.timeout.ms", "2000"));
        return with(settings, client, settings.recipe());
    }

    private static TrainerSettings with(TrainerSettings settings, Map<String, String> client, Recipe recipe) {
        return new TrainerSettings(
                settings.models(),
                settings.ledgerTopic(),
                settings.rejectedTopic(),
                settings.registryTopic(),
                settings.groupId(),
                settings.sessionTimeout(),
                client,
                recipe,
                settings.policy());
    }
}
