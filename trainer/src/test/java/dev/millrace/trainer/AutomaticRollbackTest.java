package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class AutomaticRollbackTest {

    private static final String MODEL = "support";
    private static final VersionPolicy POLICY = new VersionPolicy(
            64, Duration.ofDays(1), Duration.ofSeconds(5), 2, GateRules.STANDARD, new RollbackRules(24, 0.1, 1000));

    /** What remembers nothing but its weights is harmed soonest. */
    private static final Recipe FORGETFUL =
            TinyRecipe.with(Map.of("voters", "none", "rehearsal-ratio", "0", "drift-reaction", "tell"));

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
    void takesBackAChampionThatLearnedWrongLabels() throws IOException {
        Site site = bench.site("harmed", 1);
        List<LabelledExample> examples = HelpDesk.terse(MODEL, 448, 1);
        // The last quarter's queue is known by then; what is wrong fills one version.
        List<LabelledExample> stream = new ArrayList<>(examples.subList(0, 320));
        stream.addAll(swapped(examples.subList(320, 384)));
        stream.addAll(examples.subList(384, 448));
        bench.append(site, stream);

        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, FORGETFUL, POLICY, MODEL))) {
            run.untilAllIsPublished(MODEL, stream.size());

            assertThat(run.rolledBack).hasSize(1);
            Pin pin = run.rolledBack.get(0);
            ModelRegistry registry = bench.registry(site);
            assertThat(registry.pin(MODEL, Alias.CHAMPION)).contains(pin);
            assertThat(pin.previous())
                    .as("the version that learned what is wrong")
                    .isEqualTo(6);
            assertThat(pin.version())
                    .as("of the four before, the one made when answers were best")
                    .isBetween(2L, 5L);
            assertThat(pin.by()).isEqualTo(Gate.NAME);
            assertThat(pin.reason()).contains("since version 6", "p = ");
            assertThat(registry.resolve(MODEL, Alias.CHAMPION).map(VersionRecord::version))
                    .as("what is published later does not move it")
                    .contains(pin.version());
            assertThat(registry.latest(MODEL).map(VersionRecord::version)).contains(7L);
        }
    }

    @Test
    void keepsAChampionWhereTheStreamItselfHasChanged() throws IOException {
        Site site = bench.site("changed", 1);
        List<LabelledExample> examples = HelpDesk.terse(MODEL, 448, 2);
        List<LabelledExample> stream = new ArrayList<>(examples.subList(0, 320));
        stream.addAll(swapped(examples.subList(320, 448)));
        bench.append(site, stream);

        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, FORGETFUL, POLICY, MODEL))) {
            run.untilAllIsPublished(MODEL, stream.size());

            assertThat(run.reports(MODEL).subList(40, 44))
                    .as("answers did become worse")
                    .allSatisfy(step -> assertThat(step.correct()).isLessThan(4));
            assertThat(run.rolledBack).isEmpty();
        }
    }

    private static List<LabelledExample> swapped(List<LabelledExample> examples) {
        Map<String, String> others = Map.of("cards", "parcels", "parcels", "travel", "travel", "network");
        return examples.stream()
                .map(example -> new LabelledExample(
                        example.id(),
                        example.model(),
                        example.text(),
                        others.getOrDefault(example.label(), "cards"),
                        example.time(),
                        example.source(),
                        example.weight()))
                .toList();
    }
}
