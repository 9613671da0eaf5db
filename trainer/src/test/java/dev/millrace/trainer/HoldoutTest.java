package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.ModelRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Examples that are held out are answered and judge what was learned, and shape nothing of it. */
class HoldoutTest {

    private static final VersionPolicy POLICY = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);
    private static final double SHARE = 0.3;
    private static final Recipe RECIPE =
            TinyRecipe.with(Map.of("holdout-share", Double.toString(SHARE), "holdout-window", "20"));
    private static final List<LabelledExample> EXAMPLES = HelpDesk.examples("support", 120, 1);

    private static TinyScene scene;

    @TempDir
    private Path folder = Path.of("");

    @BeforeAll
    static void load() {
        scene = new TinyScene();
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @Test
    void theIdAloneDecidesTheSameWayEverywhere() {
        // Computed with sha256sum: the first 16 digits, shifted right by 11 bits, over 2 to the 53.
        assertThat(Holdout.place("support-1-0")).isEqualTo(0.4183835612957656);
        assertThat(Holdout.place("c9f1")).isEqualTo(0.48117790966734575);
        assertThat(Holdout.place("größe")).isEqualTo(0.825494909451122);

        long below = IntStream.range(0, 20_000)
                .filter(i -> Holdout.place("id" + i) < 0.1)
                .count();
        assertThat(below / 20_000.0).isEqualTo(0.1, within(0.006));
    }

    @Test
    void aModelFedWithThemHasTheWeightsOfOneThatNeverSawThem() {
        List<LabelledExample> others =
                EXAMPLES.stream().filter(example -> !isHeldOut(example)).toList();
        List<LedgerRecord> all = new ArrayList<>(EXAMPLES);
        // A label that nobody else has must not become one.
        all.add(60, withLabel(heldOut().get(0), "weather"));
        LearnerState with = run(all, Course.beginning(0)).checkpoint().learner();
        LearnerState without = run(others, Course.beginning(0)).checkpoint().learner();

        assertThat(others).hasSizeBetween(70, 100);
        assertThat(with.score().examples()).isEqualTo(121);
        assertThat(without.score().examples()).isEqualTo(others.size());
        assertThat(with.labels()).isEqualTo(without.labels());
        assertThat(with.encoder().equals(without.encoder())).isTrue();
        assertThat(with.head().equals(without.head())).isTrue();
        assertThat(with.rehearsal()).isEqualTo(without.rehearsal());
        assertThat(with.drift()).isEqualTo(without.drift());
        assertThat(with.steps()).isEqualTo(without.steps());
    }

    @Test
    void theNewestJudgeWhatIsServed() throws IOException {
        Snapshot end = run(EXAMPLES, Course.beginning(0));
        List<LabelledExample> newest =
                heldOut().subList(heldOut().size() - 20, heldOut().size());
        List<TrainingExample> window = end.checkpoint().learner().holdout();

        assertThat(window)
                .extracting(TrainingExample::label)
                .containsExactlyElementsOf(
                        newest.stream().map(LabelledExample::label).toList());
        Map<String, Double> metrics = metrics(end, "first");
        assertThat(metrics).containsEntry("holdout_examples", 20.0);
        try (Learner served = scene.restored(RECIPE, end.checkpoint().learner())) {
            int correct = served.evaluate(window).correct();
            assertThat(correct).isBetween(5, 19);
            assertThat(metrics).containsEntry("holdout_accuracy", correct / 20.0);
        }
        assertThat(end.nextOffset()).isEqualTo(EXAMPLES.size());
    }

    @Test
    void whatIsForgottenLeavesTheWindow() {
        LabelledExample last = heldOut().get(heldOut().size() - 1);
        int offset = EXAMPLES.indexOf(last);
        OffsetRanges forgotten = OffsetRanges.of(List.of((long) offset, offset - 1L, 3L, 4L, 5L));
        List<LedgerRecord> rest = new ArrayList<>();
        for (int i = 0; i < EXAMPLES.size(); i++) {
            if (!forgotten.contains(i)) {
                rest.add(EXAMPLES.get(i));
            }
        }
        Snapshot again = run(EXAMPLES, new Course(0, true, List.of(), forgotten, 0));
        Snapshot never = run(rest, Course.beginning(0));

        assertThat(again.checkpoint().learner().holdout())
                .isEqualTo(never.checkpoint().learner().holdout());
        assertThat(again.checkpoint().learner().equals(never.checkpoint().learner()))
                .isTrue();
    }

    @Test
    void followsLabelsThatAreRenamedOrRetired() throws IOException {
        List<LedgerRecord> renamed = new ArrayList<>(EXAMPLES);
        renamed.add(control(new ControlRecord.RenameLabel("parcels", "post")));
        List<LedgerRecord> retired = new ArrayList<>(EXAMPLES);
        retired.add(control(new ControlRecord.RetireLabel("parcels")));
        Map<String, Double> plain = metrics(run(EXAMPLES, Course.beginning(0)), "plain");

        Snapshot afterRename = run(renamed, Course.beginning(0));
        assertThat(afterRename.checkpoint().learner().holdout())
                .extracting(TrainingExample::label)
                .contains("post")
                .doesNotContain("parcels");
        assertThat(metrics(afterRename, "renamed"))
                .containsEntry("holdout_accuracy", Objects.requireNonNull(plain.get("holdout_accuracy")));
        assertThat(run(retired, Course.beginning(0)).checkpoint().learner().holdout())
                .extracting(TrainingExample::label)
                .isNotEmpty()
                .doesNotContain("parcels");
    }

    /** What the record of a version says that is made of a snapshot. */
    private Map<String, Double> metrics(Snapshot snapshot, String name) throws IOException {
        FolderArtifactStore store = FolderArtifactStore.open(folder.resolve(name));
        Gate gate = new Gate(
                GateRules.STANDARD,
                store,
                new Examiner(store, TinyBase.CPU, () -> 0),
                ModelRegistry::empty,
                Clock.systemUTC());
        return new VersionWriter(
                        model -> scene.bench(TinyRecipe.standard()),
                        store,
                        Clock.systemUTC(),
                        () -> 0,
                        gate,
                        UnaryOperator.identity())
                .write("support", 1, null, "ledger", 0, snapshot)
                .record()
                .metrics();
    }

    private static List<LabelledExample> heldOut() {
        return EXAMPLES.stream().filter(HoldoutTest::isHeldOut).toList();
    }

    private static boolean isHeldOut(LabelledExample example) {
        return Holdout.place(example.id()) < SHARE;
    }

    private static LabelledExample withLabel(LabelledExample example, String label) {
        return new LabelledExample(
                example.id(), example.model(), example.text(), label, example.time(), example.source(), 1);
    }

    private static ControlRecord control(ControlRecord.Action action) {
        return new ControlRecord("support", action, HelpDesk.START, "ann", "a test");
    }

    private static Snapshot run(List<? extends LedgerRecord> ledger, Course course) {
        Learner learner = scene.fresh(RECIPE);
        Checkpoint nothing = Checkpoint.fresh(learner.snapshot(), RECIPE);
        try (ModelTraining training = new ModelTraining(
                nothing, learner, "support", scene.tokenizer, POLICY, TrainingObserver.NONE, course)) {
            for (int offset = 0; offset < ledger.size(); offset++) {
                training.append(offset, HelpDesk.START, ledger.get(offset));
                while (training.hasMiniBatch() && !training.isVersionDue()) {
                    training.learnNext();
                }
            }
            if (!training.isVersionDue()) {
                training.flush();
            }
            return training.checkpoint();
        }
    }
}
