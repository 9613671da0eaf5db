package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the store does, the versions are those of a trainer whose store did nothing. */
@Timeout(180)
class TrainingLoopStoreFaultTest {

    private static final int COUNT = 80;

    @TempDir
    static Path folder;

    private static TrainerBench bench;
    private static List<String> expected;

    @BeforeAll
    static void trainUndisturbed() throws IOException {
        bench = new TrainerBench(folder);
        Site site = site("undisturbed");
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.published.size() == 5);
        }
        expected = bench.history(site, "support");
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static Site site(String name) throws IOException {
        Site site = bench.site(name, 1);
        bench.append(site, HelpDesk.examples("support", COUNT, 1));
        return site;
    }

    /** A store that fails for as long as it has a failure. */
    private static final class FailingStore implements ArtifactStore {

        private final ArtifactStore real;
        private final String failure;
        private boolean failing = true;
        private int tries;

        FailingStore(ArtifactStore real, String failure) {
            this.real = real;
            this.failure = failure;
        }

        @Override
        public Artifact put(String role, Content content) throws IOException {
            if (role.equals("weights")) {
                tries++;
                if (failing) {
                    throw new FileSystemException("weights", null, failure);
                }
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

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Read-only file system"})
    void aVersionWaitsForAStoreThatRefusesIt(String failure) throws IOException {
        Site site = site("refusing-" + failure.length());
        FailingStore store = new FailingStore(site.store(), failure);
        try (LoopRun run = LoopRun.start(bench, site, store, bench.settings(site, "support"), new DirectExecutor())) {
            run.until(() -> run.trained("support") == 32 && run.waits.size() == 1);
            turns(run, 5);
            assertThat(run.waits)
                    .as("the clock stands still")
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains(failure);

            for (int tries = 2; tries <= 8; tries++) {
                int known = tries;
                long seconds = Math.min(30, 1L << (tries - 2));
                run.nanos.addAndGet(Duration.ofSeconds(seconds).toNanos() - 1);
                turns(run, 3);
                assertThat(store.tries).as("just before its time").isEqualTo(known - 1);
                run.nanos.addAndGet(1);
                run.until(() -> run.waits.size() == known);
            }
            assertThat(run.trained("support"))
                    .as("no further than a version ahead")
                    .isEqualTo(32);
            assertThat(run.lag.get("support"))
                    .as("the rest waits in the ledger")
                    .isGreaterThanOrEqualTo(COUNT - 32);
            assertThat(run.published).isEmpty();
            assertThat(bench.consumed(site)).isEmpty();

            store.failing = false;
            run.nanos.addAndGet(Backoff.LONGEST.toNanos());
            run.until(() -> run.published.size() == 5);
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    void aVersionWaitsForAFolderThatIsAway() throws IOException {
        Site site = site("unmounted");
        Path temporary = folder.resolve("unmounted").resolve("tmp");
        Path away = folder.resolve("unmounted").resolve("away");
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.published.size() == 1);
            Files.move(temporary, away);
            run.until(() -> run.waits.size() == 1 && run.trained("support") == 48);
            assertThat(run.waits).first().asString().contains(temporary.toString());

            Files.move(away, temporary);
            run.nanos.addAndGet(Backoff.FIRST.toNanos());
            run.until(() -> run.published.size() == 5);
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    void noStepWaitsForASlowStore() throws IOException {
        Site site = site("slow");
        CountDownLatch slow = new CountDownLatch(1);
        ExecutorService writerThread = Executors.newSingleThreadExecutor();
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, "support"), writerThread)) {
            writerThread.execute(() -> TrainerBench.await(() -> slow.await(60, TimeUnit.SECONDS)));
            run.until(() -> run.trained("support") == 32);
            // A version is due and the one before is not written yet; whoever turns is not held up by either.
            turns(run, 5);
            assertThat(run.snapshots()).isEqualTo(1);
            assertThat(run.trained("support")).isEqualTo(32);
            assertThat(run.published).isEmpty();

            slow.countDown();
            run.until(() -> run.published.size() == 5);
        } finally {
            slow.countDown();
            writerThread.shutdownNow();
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    void writesAgainWhatLayUnnamedForTooLong() throws IOException {
        Site site = site("swept");
        try (LoopRun run = LoopRun.start(bench, site, Altered.impatient(bench.settings(site, "support")))) {
            run.until(() -> run.snapshots() == 1);
            bench.deleteTopic(site.registry());
            run.until(() -> run.waits.size() == 1);
            // The registry comes back after two days, in which a sweep took all files that no version names.
            run.nanos.addAndGet(Duration.ofDays(2).toNanos());
            run.until(() -> run.waits.size() == 2);
            deleteAllFiles(site);
            bench.create(RegistryTopic.all(site.registry(), (short) 1).get(0));
            run.nanos.addAndGet(Backoff.LONGEST.toNanos());
            run.until(() -> run.published.size() == 5);
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
        for (Artifact artifact : bench.registry(site).versions("support").get(0).artifacts()) {
            if (!artifact.role().equals(CheckpointFiles.TRAINING_STATE)) {
                assertThat(site.store().fetch(artifact)).exists();
            }
        }
    }

    private static void deleteAllFiles(Site site) throws IOException {
        try (var files = Files.walk(folder.resolve(site.name()).resolve("sha256"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void turns(LoopRun run, int count) {
        for (int turn = 0; turn < count; turn++) {
            run.loop.runOnce();
        }
    }
}
