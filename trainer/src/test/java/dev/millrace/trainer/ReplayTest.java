package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was learned can be folded again. */
@Timeout(180)
class ReplayTest {

    private static final List<LabelledExample> EXAMPLES = HelpDesk.examples("support", 64, 1);

    /** Keeps the training states of all versions, so that there are ancestors to go back to. */
    private static final VersionPolicy KEEPING = new VersionPolicy(16, Duration.ofDays(1), Duration.ofSeconds(5), 50);

    @TempDir
    static Path folder;

    private static TrainerBench bench;

    @BeforeAll
    static void start() {
        bench = new TrainerBench(folder);
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static Site site(String name, List<LabelledExample> examples) throws IOException {
        Site site = bench.site(name, 1);
        bench.append(site, examples);
        return site;
    }

    @Test
    void replaysWhatWasFlushedSteeredAndStartedWithOtherSettings() throws IOException {
        Site site = site("steered", EXAMPLES.subList(0, 20));
        TrainerSettings settings = bench.settings(site, KEEPING, "support");
        try (LoopRun run = LoopRun.start(bench, site, settings)) {
            run.untilFlushed("support", 20);
            bench.control(site, new ControlRecord.Set(Map.of("encoder-learning-rate", "0.001")));
            bench.control(site, new ControlRecord.Pause());
            bench.append(site, EXAMPLES.subList(20, 37));
            // What waits is lag, although it has been read for the end of the pause.
            run.until(() -> run.lag.getOrDefault("support", 0L) >= 17);
            assertThat(run.trained("support")).isEqualTo(20);
            bench.control(site, new ControlRecord.Resume());
            run.untilFlushed("support", 37);
        }
        Recipe other = settings.job("support")
                .recipe()
                .with(Map.of(
                        "batch-size", "4",
                        "rehearsal-capacity", "10",
                        "rehearsal-selection", "balanced",
                        "drift-reaction", "shorten-memory",
                        "drift-confidence", "0.4",
                        "holdout-share", "0.3"));
        try (LoopRun run =
                LoopRun.start(bench, bench.base, site, bench.settings(site, other, KEEPING, "support"), "second")) {
            bench.append(site, EXAMPLES.subList(37, 50));
            run.untilFlushed("support", 50);
            bench.control(site, new ControlRecord.RenameLabel("parcels", "post"));
            bench.control(site, new ControlRecord.RetireLabel("cards"));
            run.until(
                    () -> !run.published.get(run.published.size() - 1).labels().contains("cards"));
            assertThat(run.published.get(run.published.size() - 1).labels())
                    .contains("post")
                    .doesNotContain("parcels");
            bench.append(site, EXAMPLES.subList(50, 64));
            run.untilFlushed("support", 64);
            assertThat(run.published.get(run.published.size() - 1).labels())
                    .contains("cards", "post")
                    .doesNotContain("parcels");
            assertThat(run.published.get(run.published.size() - 1).metrics())
                    .hasEntrySatisfying(
                            "holdout_examples", count -> assertThat(count).isBetween(1.0, 27.0))
                    .containsKey("holdout_accuracy");
        }
        ModelRegistry registry = bench.registry(site);
        List<VersionRecord> versions = registry.versions("support");
        assertThat(versions).hasSizeGreaterThan(4);
        for (VersionRecord version : versions) {
            ReplayOutcome outcome = bench.replay(site, registry, version.version(), OptionalLong.empty());
            assertThat(outcome.otherRuntime()).isEmpty();
            assertThat(outcome.examples()).isEqualTo(version.examples());
            assertThat(outcome.isIdentical())
                    .as("version %s", version.version())
                    .isTrue();
        }
        assertThat(bench.replay(site, registry, versions.size(), OptionalLong.of(2))
                        .isIdentical())
                .isTrue();
        assertThat(versions.get(versions.size() - 1).settings())
                .containsEntry("batch-size", "4")
                .containsEntry("encoder-learning-rate", "0.001");
    }

    @Test
    void saysWhichInputOfAReplayIsGone() throws IOException {
        Site site = site("gone", EXAMPLES);
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, "support"))) {
            run.until(() -> run.published.size() == 4);
        }
        ModelRegistry registry = bench.registry(site);
        long second = registry.version("support", 2).orElseThrow().position().nextOffset();
        TrainerBench.await(bench.admin
                .deleteRecords(Map.of(site.partition(0), RecordsToDelete.beforeOffset(second)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);

        assertThatThrownBy(() -> bench.replay(site, registry, 4, OptionalLong.empty()))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("The ledger is gone from offset 0 to " + (second - 1))
                .hasMessageContaining("--from 3");
        assertThat(bench.replay(site, registry, 4, OptionalLong.of(3)).isIdentical())
                .isTrue();
        // Only the two newest training states are kept.
        assertThatThrownBy(() -> bench.replay(site, registry, 4, OptionalLong.of(2)))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("The training state of version 2 is gone");
        assertThatThrownBy(() -> bench.replay(site, registry, 4, OptionalLong.of(4)))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("no ancestor of version 4; its ancestors are [1, 2, 3]");
        VersionRecord newest = registry.latest("support").orElseThrow();
        assertThatThrownBy(() -> Replay.of(newest, registry, TinyBase.light(), site.store()))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("The base is gone")
                .hasMessageContaining("whose file base had");
        PretrainedModel same = TinyBase.model();
        PretrainedModel prefixed = new PretrainedModel(
                same.name(), same.config().withPrefix("query: "), same.tensors(), same.tokenizerJson());
        assertThatThrownBy(() -> Replay.of(newest, registry, prefixed, site.store()))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("whose file config.json had");
    }
}
