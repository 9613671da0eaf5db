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
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class TrainerServiceTest {

    private static final VersionPolicy QUICK = new VersionPolicy(16, Duration.ofDays(1), Duration.ofMillis(200), 2);

    private static final VersionPolicy NEVER_IDLE = new VersionPolicy(16, Duration.ofDays(1), Duration.ofHours(1), 2);

    @TempDir
    Path folder;

    private final BlockingQueue<VersionRecord> published = new LinkedBlockingQueue<>();

    private TrainerService start(ArtifactStore store, TrainerSettings settings) {
        return start(store, settings, TrainingObserver.NONE);
    }

    private TrainerService start(ArtifactStore store, TrainerSettings settings, TrainingObserver observer) {
        return TrainerService.start(
                settings,
                CreatedJobs.NONE,
                TinyBase.CPU,
                store,
                UnaryOperator.identity(),
                observer,
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
            try (TrainerService trainer = start(site.store(), settings)) {
                assertThat(untilVersionOf(20).runtime()).isEqualTo(trainer.runtime());
                assertThat(trainer.failure()).isEmpty();
                assertThat(trainer.consumer().metrics()).isNotEmpty();
            }
            bench.append(site, examples.subList(20, 60));
            TrainerService second = start(site.store(), settings);
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
            try (TrainerService trainer = start(site.store(), settings)) {
                version = untilVersionOf(16);
                assertThat(trainer.failure()).isEmpty();
            }
            site.store().delete(version.artifact(CheckpointFiles.TRAINING_STATE).orElseThrow());
            try (TrainerService trainer = start(site.store(), settings)) {
                assertThat(untilFailureOf(trainer))
                        .hasMessageStartingWith("Training of support cannot go on from version 1: ");
            }
            assertThatThrownBy(() -> start(site.store(), Altered.recipe(settings, TinyRecipe.with(64, 2, 42))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("frozenLayers must be 0 to 1, but is 2");
        }
    }

    @Test
    void goesOnWhenThereIsRoomAgain() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("disk", 1);
            bench.append(site, HelpDesk.examples("support", 32, 1));
            CountDownLatch tries = new CountDownLatch(2);
            ArtifactStore full = new SlowStore(site.store(), () -> {
                if (tries.getCount() > 0) {
                    tries.countDown();
                    throw new IOException("No space left on device");
                }
            });
            try (TrainerService trainer = start(full, bench.settings(site, QUICK, "support"))) {
                untilVersionOf(32);
                assertThat(trainer.failure()).isEmpty();
            }
            assertThat(bench.registry(site).versions("support"))
                    .extracting(VersionRecord::examples)
                    .containsExactly(16L, 32L);
        }
    }

    @Test
    void leavesAVersionOfAllThatItHasLearnedAndLosesNoBoundary() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site whole = bench.site("whole", 1);
            Site cut = bench.site("cut", 1);
            List<LabelledExample> examples = HelpDesk.examples("support", 32, 1);
            bench.append(whole, examples);
            bench.append(cut, examples.subList(0, 30));
            try (TrainerService trainer = start(whole.store(), bench.settings(whole, NEVER_IDLE, "support"))) {
                untilVersionOf(32);
                assertThat(trainer.failure()).isEmpty();
            }
            CountDownLatch three = new CountDownLatch(3);
            TrainerService first = start(cut.store(), bench.settings(cut, NEVER_IDLE, "support"), new Steps(three));
            try (first) {
                assertThat(three.await(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(first.failure()).isEmpty();
            List<VersionRecord> left = bench.registry(cut).versions("support");
            // 30 are there, of which the last 6 wait for a full mini-batch.
            assertThat(left).extracting(VersionRecord::examples).containsExactly(16L, 24L);
            assertThat(Line.lineage(left.get(1)).earlyBoundaries()).isEmpty();
            assertThat(bench.consumed(cut))
                    .containsEntry(0, left.get(1).position().nextOffset());

            published.clear();
            bench.append(cut, examples.subList(30, 32));
            CountDownLatch one = new CountDownLatch(1);
            try (TrainerService second =
                    start(cut.store(), bench.settings(cut, NEVER_IDLE, "support"), new Steps(one))) {
                assertThat(one.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(second.failure()).isEmpty();
            }
            assertThat(TrainerBench.sha256(untilVersionOf(32), "weights"))
                    .isEqualTo(TrainerBench.sha256(
                            bench.registry(whole).latest("support").orElseThrow(), "weights"));
        }
    }

    @Test
    void closesInTimeThoughKafkaIsGoneAndAVersionWaits() throws Exception {
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
            // With the time-outs that Kafka has by default, of a minute and two.
            trainer = start(slow, bench.settings(site, QUICK, "support"));
            assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();
        }
        brokerIsGone.countDown();
        assertThat(timeToClose(trainer)).isLessThan(Duration.ofSeconds(10));
        assertThat(published).isEmpty();
        assertThat(trainer.failure()).isEmpty();
    }

    @Test
    void closesInTimeThoughTheStoreDoesNotAnswer() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("hanging", 1);
            bench.append(site, HelpDesk.examples("support", 64, 1));
            CountDownLatch writing = new CountDownLatch(1);
            CountDownLatch never = new CountDownLatch(1);
            ArtifactStore hanging = new SlowStore(site.store(), () -> {
                writing.countDown();
                TrainerBench.await(() -> never.await(60, TimeUnit.SECONDS));
            });
            TrainerService trainer = start(hanging, bench.settings(site, QUICK, "support"));
            assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(timeToClose(trainer)).isLessThan(Duration.ofSeconds(10));
            assertThat(trainer.failure()).isEmpty();
            assertThat(bench.registry(site).versions("support")).isEmpty();

            try (TrainerService next = start(site.store(), bench.settings(site, QUICK, "support"))) {
                untilVersionOf(64);
                assertThat(next.failure()).isEmpty();
            }
        }
    }

    @Test
    void closesInTimeWhileItStillWaitsForKafkaToAnswer() throws Exception {
        Map<String, String> nowhere = Map.of("bootstrap.servers", "127.0.0.1:1");
        TrainerService trainer = TrainerService.start(
                new TrainerSettings(
                        Map.of("support", new Job(TinyBase.model(), TinyRecipe.standard())),
                        "ledger",
                        "rejected",
                        "registry",
                        "group",
                        null,
                        Duration.ofSeconds(2),
                        0,
                        nowhere,
                        1,
                        QUICK),
                CreatedJobs.NONE,
                TinyBase.CPU,
                FolderArtifactStore.open(folder),
                UnaryOperator.identity(),
                TrainingObserver.NONE,
                RegistryObserver.NONE,
                Clock.systemUTC(),
                System::nanoTime);
        assertThat(timeToClose(trainer)).isLessThan(Duration.ofSeconds(10));
        assertThat(trainer.failure()).isEmpty();
    }

    private static Duration timeToClose(TrainerService trainer) {
        long begun = System.nanoTime();
        trainer.close();
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private record Steps(CountDownLatch left) implements TrainingObserver {

        @Override
        public void stepped(String model, StepReport report) {
            left.countDown();
        }
    }

    @Test
    void tellsThatKafkaDoesNotAnswer() throws Exception {
        Map<String, String> nowhere = Map.of("bootstrap.servers", "127.0.0.1:1", "max.block.ms", "500");
        TrainerSettings settings = new TrainerSettings(
                Map.of("support", new Job(TinyBase.model(), TinyRecipe.standard())),
                "ledger",
                "rejected",
                "registry",
                "group",
                null,
                Duration.ofSeconds(2),
                0,
                nowhere,
                1,
                QUICK);
        try (TrainerService trainer = TrainerService.start(
                settings,
                CreatedJobs.NONE,
                TinyBase.CPU,
                FolderArtifactStore.open(folder),
                UnaryOperator.identity(),
                TrainingObserver.NONE,
                RegistryObserver.NONE,
                Clock.systemUTC(),
                System::nanoTime)) {
            assertThat(untilFailureOf(trainer)).isInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void ofTwoWithOneInstanceIdTheOlderStopsAndTheNewerGoesOnAtOnce() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("instance", 1);
            List<LabelledExample> examples = HelpDesk.examples("support", 64, 1);
            TrainerSettings settings =
                    Altered.instance(bench.settings(site, QUICK, "support"), "one", Duration.ofSeconds(15));
            bench.append(site, examples.subList(0, 16));
            try (TrainerService older = start(site.store(), settings)) {
                assertThat(untilVersionOf(16).version()).isEqualTo(1);
                try (TrainerService newer = start(site.store(), settings)) {
                    assertThat(untilFailureOf(older))
                            .hasMessageStartingWith("another process has taken over the instance id one");
                    bench.append(site, examples.subList(16, 64));
                    assertThat(untilVersionOf(64).steps()).isEqualTo(8);
                    assertThat(newer.failure()).isEmpty();
                }
            }
            assertThat(bench.registry(site).versions("support"))
                    .extracting(VersionRecord::examples)
                    .containsExactly(16L, 32L, 48L, 64L);
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
}
