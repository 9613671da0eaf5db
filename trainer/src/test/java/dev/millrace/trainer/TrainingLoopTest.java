package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ArtifactException;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class TrainingLoopTest {

    private static final int COUNT = 43;

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

    @Test
    void publishesVersionsWithTheOffsetsTheyConsumed() throws IOException {
        Site site = bench.site("versions", 1);
        List<LabelledExample> examples = HelpDesk.examples("support", COUNT, 1);
        bench.append(site, examples);

        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.trained("support") == 40);
            run.until(() -> run.published.size() == 2);
            for (int turn = 0; turn < 5; turn++) {
                run.loop.runOnce();
            }
            assertThat(run.published).as("the trainer's clock stands still").hasSize(2);
            assertThat(bench.consumed(site))
                    .isEqualTo(Map.of(0, run.published.get(1).position().nextOffset()));
            assertThat(run.lag.get("support")).isEqualTo(3);

            run.untilFlushed("support", COUNT);
            List<VersionRecord> versions = bench.registry(site).versions("support");
            assertThat(versions).isEqualTo(run.published);
            assertThat(versions).extracting(VersionRecord::version).containsExactly(1L, 2L, 3L);
            assertThat(versions).extracting(VersionRecord::parent).containsExactly(null, 1L, 2L);
            assertThat(versions).extracting(VersionRecord::examples).containsExactly(16L, 32L, 43L);
            assertThat(versions).extracting(VersionRecord::steps).containsExactly(2L, 4L, 6L);
            // A marker follows each 5 examples, so that example n lies at offset n + n / 5.
            assertThat(versions)
                    .extracting(version -> version.position().nextOffset())
                    .containsExactly(19L, 38L, 51L);
            assertThat(versions)
                    .extracting(version -> version.position().topic())
                    .containsOnly(site.ledger());

            VersionRecord newest = versions.get(2);
            assertThat(newest.newestExample()).isEqualTo(examples.get(42).time());
            assertThat(newest.labels()).isEqualTo(labelsInOrder(examples));
            assertThat(newest.settings()).isEqualTo(TinyRecipe.standard().asMap());
            assertThat(newest.metrics().get("prequential_accuracy"))
                    .isEqualTo(run.reports("support").get(5).prequentialAccuracy());
            assertThat(newest.metrics().get("loss"))
                    .isEqualTo(run.reports("support").get(5).loss());
            assertThat(newest.runtime()).isEqualTo(bench.network.runtime());
            assertThat(bench.consumed(site)).isEqualTo(Map.of(0, 51L));

            ModelRegistry registry = bench.registry(site);
            assertThat(registry.alias("support", Alias.CHAMPION).orElseThrow().version())
                    .isEqualTo(3);
            assertThat(Line.lineage(versions.get(1)).earlyBoundaries()).isEmpty();
            assertThat(Line.lineage(newest).earlyBoundaries()).containsExactly(51L);
        }
    }

    @Test
    void aModelThatHasNewsIsLearnedWhileAnotherIsFarBehind() throws IOException {
        Site site = bench.site("fair", 2);
        List<String> names = namesOn(2);
        String busy = names.get(0);
        String quiet = names.get(1);
        int many = 640;
        VersionPolicy rarely = new VersionPolicy(100_000, Duration.ofDays(1), Duration.ofHours(1), 2);
        bench.append(site, HelpDesk.examples(busy, many, 1));
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, rarely, busy, quiet))) {
            run.until(() -> run.trained(busy) >= 16);
            bench.append(site, HelpDesk.examples(quiet, 16, 1));
            run.until(() -> run.trained(quiet) == 16, () -> {
                run.nanos.addAndGet(Duration.ofMillis(100).toNanos());
                run.loop.runOnce();
            });
            assertThat(run.trained(busy)).isLessThan(many);
        }
    }

    @Test
    void tellsWhatWasAnsweredAtEachOffsetAndWhichModelsItHolds() throws IOException {
        Site site = bench.site("answers", 1);
        List<LabelledExample> examples = HelpDesk.examples("support", 32, 1);
        bench.append(site, examples);
        LoopRun run = LoopRun.start(bench, site, "support");
        try (run) {
            run.until(() -> run.trained("support") == 32 && run.published.size() == 2);
            List<AnsweredExample> answered = run.answered.getOrDefault("support", List.of());
            assertThat(answered).hasSize(32);
            for (int i = 0; i < 32; i++) {
                // A marker follows each 5 examples.
                assertThat(answered.get(i).offset()).isEqualTo(i + i / 5);
                assertThat(answered.get(i).label()).isEqualTo(examples.get(i).label());
            }
            assertThat(answered.stream().filter(AnsweredExample::isCorrect).count())
                    .isEqualTo(run.reports("support").get(3).totalCorrect());
        }
        try (LoopRun next = LoopRun.start(bench, site, "support")) {
            next.until(() -> !next.held.isEmpty());
            assertThat(run.held).containsExactly("+support in 0 at 0", "-support");
            assertThat(next.held).containsExactly("+support in 0 at 38");
        }
    }

    @Test
    void makesNoVersionOfNothing() throws IOException {
        Site site = bench.site("nothing", 1);
        bench.append(site, HelpDesk.examples("support", 8, 1));
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.untilAllIsPublished("support", 8);
            for (int turn = 0; turn < 5; turn++) {
                run.nanos.addAndGet(TrainerBench.POLICY.idleFlush().toNanos());
                run.loop.runOnce();
            }
            assertThat(run.published).hasSize(1);
        }
    }

    @Test
    void doesNotTakeItsOwnSlownessForIdleProducers() throws IOException {
        Site site = bench.site("slow", 1);
        List<LabelledExample> few = HelpDesk.examples("few", 8, 1);
        bench.append(site, few.subList(0, 4));
        bench.append(site, HelpDesk.examples("many", 96, 1));
        bench.append(site, few.subList(4, 8));
        try (LoopRun run = LoopRun.start(bench, site, "few", "many")) {
            // Each turn takes longer than an idle producer is waited for, and many polls pass between the two fours.
            run.until(() -> run.trained("few") == 8 && run.trained("many") == 96, () -> {
                run.nanos.addAndGet(TrainerBench.POLICY.idleFlush().toNanos());
                run.loop.runOnce();
            });
            assertThat(run.reports("few")).extracting(StepReport::fresh).containsExactly(8);
            assertThat(run.reports("many")).extracting(StepReport::fresh).containsOnly(8);
        }
    }

    @Test
    void makesAVersionWhenTheLogsTimeHasMovedOn() throws IOException {
        Site site = bench.site("log-time", 1);
        bench.append(site, HelpDesk.examples("support", 64, 1));
        VersionPolicy everyTenSeconds = new VersionPolicy(1000, Duration.ofSeconds(10), Duration.ofSeconds(5), 1);
        Recipe fiveSeconds = TinyRecipe.standard().with(Map.of("max-batch-age", "PT5S"));
        TrainerSettings settings = bench.settings(site, fiveSeconds, everyTenSeconds, "support");
        try (LoopRun run = LoopRun.start(bench, site, settings)) {
            run.until(() -> run.published.size() == 4);
            // An example comes each second: mini-batches close after 5, and 15 is the first multiple that spans 10 s.
            assertThat(run.published).extracting(VersionRecord::examples).containsExactly(15L, 30L, 45L, 60L);
        }
    }

    @Test
    void keepsTrainingStatesOfTheNewestVersionsOnly() throws IOException {
        Site site = bench.site("states", 1);
        bench.append(site, HelpDesk.examples("support", 80, 1));
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.published.size() == 5);

            for (VersionRecord version : run.published.subList(0, 3)) {
                site.store().fetch(version.artifact("weights").orElseThrow());
                assertThatThrownBy(() -> bench.checkpoint(site, version)).isInstanceOf(ArtifactException.class);
            }
            for (VersionRecord version : run.published.subList(3, 5)) {
                assertThat(bench.checkpoint(site, version).learner().steps()).isEqualTo(version.steps());
            }
        }
    }

    @Test
    void skipsRecordsThatAreOfNoJobOfIts() throws IOException {
        Site alone = bench.site("alone", 1);
        Site mixed = bench.site("mixed", 1);
        List<LabelledExample> examples = HelpDesk.examples("support", COUNT, 1);
        bench.append(alone, examples);
        bench.appendRaw(mixed, 0, null, "{}".getBytes(StandardCharsets.UTF_8));
        bench.appendRaw(mixed, 0, "stranger".getBytes(StandardCharsets.UTF_8), new byte[] {1, 2});
        bench.append(mixed, examples.subList(0, 20));
        bench.append(mixed, HelpDesk.examples("stranger", 30, 9));
        bench.append(mixed, examples.subList(20, COUNT));

        String there = newestWeights(alone);
        assertThat(newestWeights(mixed)).isEqualTo(there);
    }

    private static String newestWeights(Site site) {
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.untilAllIsPublished("support", COUNT);
            return TrainerBench.sha256(run.published.get(run.published.size() - 1), "weights");
        }
    }

    @Test
    void trainsModelsOfOnePartitionEachFromItsOwnPlace() throws IOException {
        twoModels(bench.site("together", 1), "cats", "dogs");
    }

    @Test
    void trainsModelsOfDifferentPartitions() throws IOException {
        List<String> names = namesOn(2);
        twoModels(bench.site("apart", 2), names.get(0), names.get(1));
    }

    private static void twoModels(Site site, String one, String other) throws IOException {
        Site reference = bench.site(site.name() + "-reference", 1);
        bench.append(reference, HelpDesk.examples(one, COUNT, 1));
        String lone;
        try (LoopRun run = LoopRun.start(bench, reference, one)) {
            run.untilAllIsPublished(one, COUNT);
            lone = TrainerBench.sha256(run.published.get(run.published.size() - 1), "weights");
        }

        List<LabelledExample> ones = HelpDesk.examples(one, COUNT, 1);
        List<LabelledExample> others = HelpDesk.examples(other, 30, 2);
        List<LabelledExample> ledger = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            ledger.add(ones.get(i));
            if (i < others.size()) {
                ledger.add(others.get(i));
            }
        }
        bench.append(site, ledger);
        // The first trainer goes when one model is a version ahead of the other.
        try (LoopRun run = LoopRun.start(bench, site, one, other)) {
            run.until(() -> !run.published.isEmpty());
            assertConsumedIsTheLeast(site, one, other);
        }
        try (LoopRun run = LoopRun.start(bench, site, one, other)) {
            run.until(() -> run.trained(one) >= 40 && run.trained(other) >= 24);
            run.untilFlushed(one, COUNT).untilFlushed(other, 30);
            assertConsumedIsTheLeast(site, one, other);
        }
        List<VersionRecord> versions = bench.registry(site).versions(one);
        assertThat(TrainerBench.sha256(versions.get(versions.size() - 1), "weights"))
                .isEqualTo(lone);
        assertThat(bench.registry(site).versions(other))
                .extracting(VersionRecord::examples)
                .containsExactly(16L, 30L);

        // A third one finds nothing left to do.
        try (LoopRun run = LoopRun.start(bench, site, one, other)) {
            run.until(() ->
                    Long.valueOf(0).equals(run.lag.get(one)) && Long.valueOf(0).equals(run.lag.get(other)));
            assertThat(run.steps).isEmpty();
        }
    }

    /** Whoever goes on from the offsets of a partition must miss nothing of any of its models. */
    private static void assertConsumedIsTheLeast(Site site, String... models) {
        ModelRegistry registry = bench.registry(site);
        bench.consumed(site).forEach((partition, offset) -> {
            long least = Long.MAX_VALUE;
            for (String model : models) {
                int partitions = site.name().startsWith("apart") ? 2 : 1;
                if (partitionOf(model, partitions) == partition) {
                    least = Math.min(
                            least,
                            registry.latest(model)
                                    .map(version -> version.position().nextOffset())
                                    .orElse(0L));
                }
            }
            assertThat(offset).as("of partition %s", partition).isEqualTo(least);
        });
    }

    /** Names of models, the first on partition 0, the second on partition 1, and so on. */
    static List<String> namesOn(int partitions) {
        List<String> names = new ArrayList<>();
        for (int candidate = 0; names.size() < partitions; candidate++) {
            String name = "model-" + candidate;
            if (partitionOf(name, partitions) == names.size()) {
                names.add(name);
            }
        }
        return names;
    }

    private static int partitionOf(String model, int partitions) {
        return BuiltInPartitioner.partitionForKey(model.getBytes(StandardCharsets.UTF_8), partitions);
    }

    private static List<String> labelsInOrder(List<LabelledExample> examples) {
        return examples.stream().map(LabelledExample::label).distinct().toList();
    }
}
