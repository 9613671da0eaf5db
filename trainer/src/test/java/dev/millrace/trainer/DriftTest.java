package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenIds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two labels of the stream change their names with each other at half: what was learned of them is wrong from then on. */
class DriftTest {

    private static final int BATCHES = 160;
    private static final int HALF = BATCHES / 2 * TinyRecipe.BATCH;

    private static final Map<String, String> SHORTEN_MEMORY = Map.of("drift-reaction", "shorten-memory");

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
    void whatIsRememberedOfLabelsThatSwappedCarriesTheNewOnes() {
        List<LabelledExample> terse = terse();
        Map<TokenIds, String> queues = queues(terse);
        List<Remembered> swapped = run(SHORTEN_MEMORY, examples(swapped(terse))).end().rehearsal().kept().stream()
                .filter(item -> isSwapped(queueOf(item, queues)))
                .toList();
        // What came right after the swap, before the place where it shows, is taken for what was there before.
        assertThat(swapped)
                .filteredOn(item -> !item.label().equals(swapped(queueOf(item, queues))))
                .hasSizeLessThan(4);
        assertThat(swapped).hasSize((int)
                terse.stream().filter(example -> isSwapped(example.label())).count());
    }

    @Test
    void whoseTextsComeNoMoreAreDropped() {
        List<LabelledExample> terse = terse();
        List<LabelledExample> narrowed = new ArrayList<>(terse.subList(0, HALF));
        swapped(terse).subList(HALF, terse.size()).stream()
                .filter(example -> !example.label().equals("parcels"))
                .forEach(narrowed::add);
        Run run = run(SHORTEN_MEMORY, examples(narrowed));
        assertThat(run.drifts()).extracting(Drift::label).contains("cards");
        Map<TokenIds, String> queues = queues(terse);
        assertThat(run.end().rehearsal().kept())
                .filteredOn(item -> isSwapped(queueOf(item, queues)))
                .isNotEmpty()
                .allSatisfy(item ->
                        assertThat(List.of(queueOf(item, queues), item.label())).containsExactly("parcels", "cards"));
    }

    @Test
    void votersKnowAsManyExamplesOfEachLabelAsAreRemembered() {
        List<LabelledExample> terse = terse();
        LearnerState end = run(SHORTEN_MEMORY, examples(swapped(terse))).end();
        List<Integer> neighbours =
                new ArrayList<>(Collections.nCopies(end.labels().size(), 0));
        ByteBuffer indices =
                end.voting().served().neighbourLabels().orElseThrow().data();
        while (indices.hasRemaining()) {
            int label = indices.getInt();
            neighbours.set(label, neighbours.get(label) + 1);
        }
        List<Integer> remembered = end.labels().stream()
                .map(label -> (int) end.rehearsal().kept().stream()
                        .filter(item -> item.label().equals(label))
                        .count())
                .toList();
        assertThat(neighbours).isEqualTo(remembered);
    }

    @Test
    void aDriftLeavesNothingBehindThatASnapshotHasNot() {
        Recipe recipe = recipe(SHORTEN_MEMORY);
        List<TrainingExample> stream = examples(swapped(terse()));
        LearnerState state = null;
        for (int start = 0; start < stream.size(); start += 4 * TinyRecipe.BATCH) {
            try (Learner learner = state == null ? scene.fresh(recipe) : scene.restored(recipe, state)) {
                for (int batch = 0; batch < 4; batch++) {
                    int from = start + batch * TinyRecipe.BATCH;
                    learner.learn(stream.subList(from, from + TinyRecipe.BATCH));
                }
                state = learner.snapshot();
            }
        }
        assertThat(state).isEqualTo(run(SHORTEN_MEMORY, stream).end());
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
        settings.put("drift-reaction", reaction);
        return run(settings, examples(swapped ? swapped(stream()) : stream()));
    }

    private static Recipe recipe(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("rehearsal-capacity", "10000");
        return TinyRecipe.with(all);
    }

    private static Run run(Map<String, String> settings, List<TrainingExample> stream) {
        List<Drift> drifts = new ArrayList<>();
        int right = 0;
        try (Learner learner = scene.fresh(recipe(settings))) {
            for (int from = 0; from + TinyRecipe.BATCH <= stream.size(); from += TinyRecipe.BATCH) {
                StepReport report = learner.learn(stream.subList(from, from + TinyRecipe.BATCH));
                drifts.addAll(report.drifts());
                right += from >= HALF ? report.correct() : 0;
            }
            return new Run(drifts, learner.snapshot(), right);
        }
    }

    private static List<LabelledExample> stream() {
        return HelpDesk.examples("support", 2 * HALF, 1);
    }

    /** Without the queue that begins at half, in whole numbers of four mini-batches. */
    private static List<LabelledExample> terse() {
        List<LabelledExample> terse = HelpDesk.terse("support", 2 * HALF, 1).stream()
                .filter(example -> !example.label().equals("network"))
                .toList();
        return terse.subList(0, terse.size() - terse.size() % (4 * TinyRecipe.BATCH));
    }

    private static List<LabelledExample> swapped(List<LabelledExample> stream) {
        List<LabelledExample> swapped = new ArrayList<>(stream);
        swapped.subList(HALF, stream.size()).replaceAll(DriftTest::renamed);
        return swapped;
    }

    private static LabelledExample renamed(LabelledExample example) {
        return new LabelledExample(
                example.id(),
                example.model(),
                example.text(),
                swapped(example.label()),
                example.time(),
                example.source(),
                example.weight());
    }

    private static String swapped(String label) {
        return switch (label) {
            case "cards" -> "parcels";
            case "parcels" -> "cards";
            default -> label;
        };
    }

    private static List<TrainingExample> examples(List<LabelledExample> stream) {
        return stream.stream()
                .map(example -> scene.example(example.text(), example.label()))
                .toList();
    }

    /** What each text is about, whatever its label is. */
    private static Map<TokenIds, String> queues(List<LabelledExample> stream) {
        Map<TokenIds, String> queues = new HashMap<>();
        stream.forEach(example -> queues.put(scene.tokenizer.encode(example.text()), example.label()));
        return queues;
    }

    private static String queueOf(Remembered item, Map<TokenIds, String> queues) {
        return Objects.requireNonNull(queues.get(item.example().tokens()));
    }
}
