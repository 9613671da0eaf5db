package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class StandbyTest {

    private static final VersionPolicy QUICK = new VersionPolicy(16, Duration.ofDays(1), Duration.ofHours(1), 2);

    @TempDir
    private Path folder = Path.of("");

    /** Tells what is fetched from a store. */
    private record Watched(ArtifactStore store, BlockingQueue<Artifact> fetched) implements ArtifactStore {

        @Override
        public Artifact put(String role, Content content) throws IOException {
            return store.put(role, content);
        }

        @Override
        public Path fetch(Artifact artifact) throws IOException {
            Path path = store.fetch(artifact);
            fetched.add(artifact);
            return path;
        }

        @Override
        public void delete(Artifact artifact) throws IOException {
            store.delete(artifact);
        }
    }

    /** A trainer, and what it tells. */
    private static final class Told implements TrainingObserver, RegistryObserver, AutoCloseable {

        private final BlockingQueue<String> opened = new LinkedBlockingQueue<>();
        private final BlockingQueue<VersionRecord> published = new LinkedBlockingQueue<>();
        private final BlockingQueue<Artifact> fetched = new LinkedBlockingQueue<>();
        private final TrainerService service;

        Told(Site site, TrainerSettings settings) {
            service = TrainerService.start(
                    settings,
                    CreatedJobs.NONE,
                    TinyBase.CPU,
                    new Watched(site.store(), fetched),
                    UnaryOperator.identity(),
                    this,
                    this,
                    Clock.systemUTC(),
                    System::nanoTime);
        }

        @Override
        public void opened(String model, int partition, Standing standing) {
            opened.add(model);
        }

        @Override
        public void published(VersionRecord version, Duration writing) {
            published.add(version);
        }

        VersionRecord untilVersionOf(long examples) throws InterruptedException {
            VersionRecord version;
            do {
                version = next(published);
            } while (version.examples() != examples);
            return version;
        }

        void untilFetched(Artifact wanted) throws InterruptedException {
            while (!next(fetched).equals(wanted)) {
                assertThat(service.failure()).isEmpty();
            }
        }

        private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
            T next = queue.poll(60, TimeUnit.SECONDS);
            assertThat(next).as("nothing came").isNotNull();
            return next;
        }

        @Override
        public void close() {
            service.close();
            assertThat(service.failure()).isEmpty();
        }
    }

    @Test
    void hasTheNewestFilesAtHandAndGoesOnWhenTheOtherEnds() throws Exception {
        try (TrainerBench bench = new TrainerBench(folder)) {
            Site site = bench.site("standby", 2);
            List<LabelledExample> examples = HelpDesk.examples("support", 48, 1);
            TrainerSettings settings = Altered.activeTrainers(bench.settings(site, QUICK, "support"), 1);
            Told first = new Told(site, settings);
            try (first) {
                bench.append(site, examples.subList(0, 16));
                first.untilVersionOf(16);
                try (Told second = new Told(site, settings)) {
                    bench.append(site, examples.subList(16, 32));
                    VersionRecord newest = first.untilVersionOf(32);

                    second.untilFetched(
                            newest.artifact(CheckpointFiles.TRAINING_STATE).orElseThrow());
                    assertThat(second.opened).isEmpty();

                    first.close();
                    bench.append(site, examples.subList(32, 48));
                    assertThat(second.untilVersionOf(48).parent()).isEqualTo(newest.version());
                    assertThat(second.opened).containsExactly("support");
                }
            }
            assertThat(bench.registry(site).versions("support"))
                    .extracting(VersionRecord::examples)
                    .containsExactly(16L, 32L, 48L);
        }
    }
}
