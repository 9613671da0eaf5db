package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that are in memory only while something comes of them, and models whose jobs are created while others learn. */
@Timeout(180)
class IdleModelsTest {

    private static final List<String> MODELS = List.of("cards", "mail", "travel");
    private static final int ROUNDS = 3;
    private static final int COUNT = 11;

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

    private static List<LabelledExample> round(String model, int round) {
        return HelpDesk.examples(model, COUNT, round);
    }

    /** One model after the other, round after round. */
    private static void learn(Site site, LoopRun run) {
        for (int round = 1; round <= ROUNDS; round++) {
            for (String model : MODELS) {
                bench.append(site, round(model, round));
                run.untilFlushed(model, (long) round * COUNT);
            }
        }
    }

    private static TrainerSettings settings(Site site, int openModels) {
        return Altered.openModels(bench.settings(site, MODELS.toArray(String[]::new)), openModels);
    }

    private static long timesOpened(LoopRun run, String model) {
        return run.held.stream().filter(told -> told.startsWith("+" + model)).count();
    }

    private static void deleteUpTo(Site site, long offset) {
        TrainerBench.await(bench.admin
                .deleteRecords(Map.of(site.partition(0), RecordsToDelete.beforeOffset(offset)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);
    }

    @Test
    void learnsTheSameWhetherItStaysInMemoryOrNot() throws IOException {
        Site roomy = bench.site("roomy", 1);
        Site narrow = bench.site("narrow", 1);
        try (LoopRun all = LoopRun.start(bench, roomy, settings(roomy, MODELS.size()));
                LoopRun one = LoopRun.start(bench, narrow, settings(narrow, 1))) {
            learn(roomy, all);
            learn(narrow, one);

            assertThat(timesOpened(all, "cards")).isEqualTo(1);
            assertThat(timesOpened(one, "cards")).isEqualTo(ROUNDS);
        }
        for (String model : MODELS) {
            assertThat(bench.history(narrow, model)).isEqualTo(bench.history(roomy, model));
        }
    }

    @Test
    void goesOnWhereNothingIsLeftHoweverLongAModelHasBeenIdle() throws IOException {
        Site site = bench.site("long-idle", 1);
        try (LoopRun run = LoopRun.start(bench, site, settings(site, 1))) {
            learn(site, run);
        }
        long done = bench.consumed(site).getOrDefault(0, 0L);
        VersionRecord idle = bench.registry(site).latest("cards").orElseThrow();
        assertThat(idle.position().nextOffset()).isLessThan(done);
        deleteUpTo(site, done);

        bench.append(site, round("cards", ROUNDS + 1));
        try (LoopRun run = LoopRun.start(bench, site, settings(site, 1))) {
            run.untilFlushed("cards", (ROUNDS + 1L) * COUNT);

            assertThat(run.published).extracting(VersionRecord::parent).containsExactly(idle.version());
        }
    }

    @Test
    void learnsAJobThatIsCreatedLaterFromItsFirstExampleOn() throws IOException {
        Site known = bench.site("known", 1);
        Site later = bench.site("later", 1);
        for (Site site : List.of(known, later)) {
            bench.append(site, round("mail", 1));
            bench.append(site, round("cards", 1));
        }
        try (LoopRun run = LoopRun.start(bench, later, "cards")) {
            run.untilFlushed("cards", COUNT);
            bench.append(later, round("mail", 2));
            run.created.put("mail", new Job(bench.base, TinyRecipe.standard()));
            run.nanos.addAndGet(Duration.ofSeconds(1).toNanos());
            run.untilFlushed("mail", 2 * COUNT);
            run.created.put("travel", new Job(bench.base, TinyRecipe.standard()));
            bench.append(later, round("travel", 1));
            run.untilFlushed("travel", COUNT);
        }
        bench.append(known, round("mail", 2));
        bench.append(known, round("travel", 1));
        try (LoopRun run = LoopRun.start(bench, known, MODELS.toArray(String[]::new))) {
            for (String model : MODELS) {
                run.untilFlushed(model, model.equals("mail") ? 2 * COUNT : COUNT);
            }
        }
        assertThat(examplesAndWeights(later, "mail")).isEqualTo(examplesAndWeights(known, "mail"));
        assertThat(examplesAndWeights(later, "travel")).isEqualTo(examplesAndWeights(known, "travel"));
    }

    @Test
    void readsWhatItReadOverBeforeARestartWhenItsJobIsThere() throws IOException {
        Site site = bench.site("restarted", 1);
        bench.append(site, round("mail", 1));
        bench.append(site, round("cards", 1));
        try (LoopRun run = LoopRun.start(bench, site, "cards")) {
            run.untilFlushed("cards", COUNT);
        }
        bench.append(site, round("travel", 1));
        try (LoopRun run = LoopRun.start(bench, site, settings(site, 1))) {
            run.untilFlushed("mail", COUNT);
            run.untilFlushed("travel", COUNT);
        }
        assertThat(bench.registry(site).versions("cards"))
                .as("what it had learned before")
                .hasSize(1);
    }

    private static List<String> examplesAndWeights(Site site, String model) {
        return bench.registry(site).versions(model).stream()
                .map(version -> version.examples() + " " + TrainerBench.sha256(version, "weights"))
                .toList();
    }
}
