package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.Alias;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the broker does, the versions are those of a trainer whose broker did nothing. */
@Timeout(180)
class TrainingLoopBrokerFaultTest {

    private static final int COUNT = 64;

    @TempDir
    static Path folder;

    private static TrainerBench bench;
    private static List<String> expected;

    @BeforeAll
    static void trainUndisturbed() throws IOException {
        bench = new TrainerBench(folder);
        Site site = site("undisturbed");
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.published.size() == 4);
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

    /** Turns on a clock that runs, as seconds do while a broker is away. */
    private static void untilAllIsPublished(LoopRun run) {
        run.until(
                () -> !run.published.isEmpty()
                        && run.published.get(run.published.size() - 1).version() == 4,
                () -> {
                    run.nanos.addAndGet(Duration.ofMillis(100).toNanos());
                    run.loop.runOnce();
                });
    }

    @Test
    void outlivesABrokerThatRestartsInTheMidstOfATransaction() throws IOException {
        Site site = site("restarted");
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.snapshots() == 2 && run.published.size() == 1);
            AtomicInteger restarts = new AtomicInteger();
            run.betweenTwoRecords.set(() -> {
                bench.stopBroker();
                bench.startBroker();
                restarts.incrementAndGet();
            });
            untilAllIsPublished(run);
            assertThat(restarts).hasValue(1);
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    @Tag("slow")
    void outlivesABrokerThatGoesInTheMidstOfATransactionAndStaysAwayForLongerThanAnyTimeOut() throws IOException {
        Site site = site("away");
        try (LoopRun run = LoopRun.start(bench, site, Altered.impatient(bench.settings(site, "support")))) {
            run.betweenTwoRecords.set(bench::stopBroker);
            run.until(() -> run.waits.size() == 3, () -> {
                run.nanos.addAndGet(Duration.ofSeconds(1).toNanos());
                run.loop.runOnce();
            });
            assertThat(run.trained("support")).as("a version ahead").isLessThanOrEqualTo(32);
            assertThat(run.published).isEmpty();
            bench.startBroker();
            untilAllIsPublished(run);
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    void joinsAgainWhenKafkaAnswersAgain() throws IOException {
        Site site = site("unanswered");
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.snapshots() == 1);
            run.unanswered = 3;
            VersionPublisher.open(bench.client(), site.registry(), run.transactionalId)
                    .close();
            untilAllIsPublished(run);
            assertThat(run.unanswered).isZero();
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    void isNotLedAstrayByAClockThatIsSetBack() throws IOException {
        Site site = site("back");
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.published.size() == 4, () -> {
                run.wall = run.wall.minus(Duration.ofDays(1));
                run.loop.runOnce();
            });
        }
        try (LoopRun next = LoopRun.start(bench, site, "support")) {
            next.until(() -> Long.valueOf(0).equals(next.lag.get("support")));
            assertThat(next.steps).isEmpty();
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
        List<VersionRecord> versions = bench.registry(site).versions("support");
        assertThat(versions.get(3).time()).isBefore(versions.get(0).time());
        assertThat(bench.registry(site)
                        .alias("support", Alias.CHAMPION)
                        .orElseThrow()
                        .version())
                .isEqualTo(4);
    }
}
