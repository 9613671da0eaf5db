package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two labels of the stream change their names with each other at half: what was learned of them is wrong from then on. */
class DriftTest {

    private static final int BATCHES = 160;
    private static final int HALF = BATCHES / 2 * TinyRecipe.BATCH;

    private static TinyScene scene;

    @BeforeAll
    static void load() {
        scene = new TinyScene();
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @Test
    void isFoundSoonInBothLabelsAndInNoOther() {
        Run run = run("tell", true);
        List<Drift> labels = run.drifts().stream()
                .filter(drift -> drift.label() != null && drift.since() > HALF / 2)
                .toList();
        assertThat(labels).extracting(Drift::label).containsOnly("cards", "parcels");
        assertThat(labels.subList(0, 2)).extracting(Drift::label).doesNotHaveDuplicates();
        assertThat(labels.subList(0, 2)).allSatisfy(drift -> {
            assertThat(drift.since()).isBetween(HALF - 20L, HALF + 20L);
            assertThat(drift.errorAfter()).isGreaterThan(drift.errorBefore() + 0.5);
            assertThat(drift.after()).isLessThan(15);
        });
        assertThat(run("tell", false).drifts()).noneMatch(drift -> drift.since() > HALF / 2);
    }

    @Test
    void aShorterMemoryHoldsNothingThatIsNoLongerSo() {
        Run run = run("shorten-memory", true);
        List<Remembered> past = run.end().rehearsal().kept();
        assertThat(past)
                .filteredOn(item -> isSwapped(item.label()))
                .isNotEmpty()
                .allSatisfy(item -> assertThat(item.number()).isGreaterThan(HALF - 20L));
        assertThat(past)
                .filteredOn(item -> !isSwapped(item.label()))
                .extracting(Remembered::number)
                .anyMatch(number -> number < HALF / 2);
    }

    @Test
    void aShorterMemoryIsRightAgainSooner() {
        assertThat(run("shorten-memory", true).rightAfter())
                .isGreaterThan(run("tell", true).rightAfter() + 30);
    }

    @Test
    void aRaisedRateEndsAfterAWhile() {
        Run run = run("raise-rate", true);
        long last = run.drifts().get(run.drifts().size() - 1).since();
        assertThat(run.end().drift().raisedThrough())
                .isBetween(last + DriftWatch.RAISED_FOR, last + DriftWatch.RAISED_FOR + 100);
        assertThat(run.end().encoder()).isNotEqualTo(run("tell", true).end().encoder());

        DriftWatch watch = new DriftWatch(run.end().drift());
        long through = run.end().drift().raisedThrough();
        assertThat(watch.rateFactor(through)).isEqualTo(DriftWatch.RAISED_RATE);
        assertThat(watch.rateFactor(through + 1)).isEqualTo(1);
    }

    @Test
    void aThawReachesLayersWhoseTurnHasNotComeAndEndsAfterAWhile() {
        Map<String, String> slowly = Map.of("thaw-every-examples", "1000000");
        Run run = run("thaw", true, slowly);
        long last = run.drifts().get(run.drifts().size() - 1).since();
        long through = run.end().drift().thawedThrough();
        assertThat(through).isBetween(last + DriftWatch.THAWED_FOR, last + DriftWatch.THAWED_FOR + 100);
        assertThat(lowestLayer(run)).isNotEqualTo(lowestLayer(run("tell", true, slowly)));
        assertThat(lowestLayer(run("thaw", false, slowly))).isEqualTo(lowestLayer(run("tell", false, slowly)));

        DriftWatch watch = new DriftWatch(run.end().drift());
        assertThat(watch.isThawed(through)).isTrue();
        assertThat(watch.isThawed(through + 1)).isFalse();
    }

    private static List<Tensor> lowestLayer(Run run) {
        return run.end().encoder().stream()
                .filter(tensor -> tensor.name().contains("layer.0."))
                .toList();
    }

    private static boolean isSwapped(String label) {
        return label.equals("cards") || label.equals("parcels");
    }

    /** What was found, the state at the end, and how many answers of the second half were right. */
    private record Run(List<Drift> drifts, LearnerState end, int rightAfter) {}

    private static Run run(String reaction, boolean swapped) {
        return run(reaction, swapped, Map.of());
    }

    private static Run run(String reaction, boolean swapped, Map<String, String> others) {
        Map<String, String> settings = new HashMap<>(others);
        settings.putAll(Map.of("drift-reaction", reaction, "rehearsal-capacity", "10000"));
        Recipe recipe = TinyRecipe.with(settings);
        List<Drift> drifts = new ArrayList<>();
        int right = 0;
        try (Learner learner = scene.fresh(recipe)) {
            List<List<TrainingExample>> batches = scene.batches(BATCHES, 1);
            for (List<TrainingExample> batch : batches.subList(0, BATCHES / 2)) {
                drifts.addAll(learner.learn(batch).drifts());
            }
            for (List<TrainingExample> batch : batches.subList(BATCHES / 2, BATCHES)) {
                StepReport report = learner.learn(swapped ? swapped(batch) : batch);
                drifts.addAll(report.drifts());
                right += report.correct();
            }
            return new Run(drifts, learner.snapshot(), right);
        }
    }

    private static List<TrainingExample> swapped(List<TrainingExample> batch) {
        return batch.stream()
                .map(example -> switch (example.label()) {
                    case "cards" -> example.renamed("parcels");
                    case "parcels" -> example.renamed("cards");
                    default -> example;
                })
                .toList();
    }
}
