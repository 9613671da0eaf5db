package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LearnerTest {

    private static PretrainedModel base;
    private static Network network;
    private static Tokenizer tokenizer;

    @BeforeAll
    static void load() {
        base = TinyBase.model();
        network = Network.load(base, TinyBase.CPU, 0);
        tokenizer = Tokenizer.of(base.tokenizerJson(), 32);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
        network.close();
    }

    @Test
    void learnsWhatCanBeLearned() {
        try (Learner learner = fresh(TinyRecipe.standard())) {
            List<StepReport> reports = learn(learner, batches(160, 1));

            int first = correct(reports.subList(0, 40));
            int last = correct(reports.subList(120, 160));
            assertThat(last)
                    .as("of 320 in the last quarter, after %s in the first", first)
                    .isGreaterThan(270)
                    .isGreaterThan(first + 60);
            StepReport end = reports.get(159);
            assertThat(end.step()).isEqualTo(160);
            assertThat(end.totalExamples()).isEqualTo(1280);
            assertThat(end.totalCorrect()).isEqualTo(correct(reports));
            assertThat(learner.snapshot().score().trainingCorrect())
                    .isEqualTo(reports.stream()
                            .mapToInt(StepReport::trainingCorrect)
                            .sum());
        }
    }

    private static int correct(List<StepReport> reports) {
        return reports.stream().mapToInt(StepReport::correct).sum();
    }

    @Test
    void givesNewLabelsRowsInTheOrderOfTheLogAndCountsThemWrong() {
        try (Learner learner = fresh(TinyRecipe.standard())) {
            StepReport first = learner.learn(List.of(example("the parcel", "b"), example("my card", "a")));
            assertThat(first.correct()).isZero();
            assertThat(first.answers()).containsExactly("", "");
            assertThat(first.labels()).isEqualTo(2);

            // The same texts again, one of them under a label that nobody could have known.
            StepReport second = learner.learn(List.of(example("my card", "c"), example("the parcel", "b")));
            assertThat(second.correct()).isEqualTo(1);
            assertThat(second.answers()).containsExactly("a", "b");
            assertThat(second.fresh()).isEqualTo(2);
            assertThat(second.totalCorrect()).isEqualTo(1);

            LearnerState state = learner.snapshot();
            assertThat(state.labels()).containsExactly("b", "a", "c");
            assertThat(state.head()).allSatisfy(part -> {
                if (!part.name().startsWith("updates") && !part.name().startsWith("gradient")) {
                    assertThat(part.shape()).containsExactly(3L, (long) TinyBase.HIDDEN);
                }
            });
        }
    }

    @Test
    void rehearsesAsMuchOfThePastAsTheRecipeSays() {
        Recipe twice = TinyRecipe.with(Map.of("rehearsal-ratio", "2", "rehearsal-capacity", "12"));
        try (Learner learner = fresh(twice)) {
            List<StepReport> reports = learn(learner, batches(4, 1));

            assertThat(reports.stream().map(StepReport::rehearsed)).containsExactly(0, 8, 12, 12);
            assertThat(learner.snapshot().rehearsal().offered()).isEqualTo(32);
            assertThat(learner.snapshot().rehearsal().kept()).hasSize(12);
        }
    }

    @Test
    void learnsMoreFromAnExampleThatWeighsMore() {
        double even = lossOfTheSecond(1);
        double heavy = lossOfTheSecond(20);
        double light = lossOfTheSecond(0.05);

        assertThat(heavy).isLessThan(even);
        assertThat(light).isGreaterThan(even);
    }

    /** The same text under two labels; what the loss of the second label alone is afterwards. */
    private double lossOfTheSecond(double weight) {
        Recipe noPast = TinyRecipe.with(0, 0, 42);
        try (Learner learner = fresh(noPast)) {
            for (int i = 0; i < 5; i++) {
                learner.learn(List.of(
                        example("my card", "a"),
                        new TrainingExample(tokenizer.encode("my card"), "b", weight),
                        example("the parcel", "c")));
            }
            return learner.learn(List.of(example("my card", "b"))).loss();
        }
    }

    @Test
    void survivesWeightsThatFloatsCannotHold() {
        try (Learner learner = fresh(TinyRecipe.standard())) {
            for (double weight : new double[] {Double.MIN_VALUE, Double.MAX_VALUE}) {
                StepReport report = learner.learn(List.of(
                        new TrainingExample(tokenizer.encode("my card"), "a", weight),
                        new TrainingExample(tokenizer.encode("the parcel"), "b", weight)));
                assertThat(report.loss()).isFinite();
                assertThat(report.gradientNorm()).isFinite();
            }
        }
    }

    @Test
    void stopsOnALossThatIsNoNumberAndCountsNothingOfIt() {
        try (Learner learner = fresh(TinyRecipe.standard())) {
            learn(learner, batches(2, 1));
            LearnerState before = learner.snapshot();

            assertThatThrownBy(() -> learner.learn(
                            List.of(new TrainingExample(tokenizer.encode("my card"), "cards", Double.NaN))))
                    .isInstanceOf(NonFiniteLossException.class)
                    .hasMessageContaining("Step 3 has loss NaN")
                    .hasMessageContaining("trainer.encoder-learning-rate");

            LearnerState after = learner.snapshot();
            assertThat(after.steps()).isEqualTo(before.steps());
            assertThat(after.score()).isEqualTo(before.score());
            assertThat(after.rehearsal()).isEqualTo(before.rehearsal());
            assertThat(after.drift()).isEqualTo(before.drift());
        }
    }

    @Test
    void givesTheSameBytesForTheSameMiniBatches() {
        LearnerState once = stateAfter(TinyRecipe.standard(), batches(12, 1));

        assertThat(stateAfter(TinyRecipe.standard(), batches(12, 1))).isEqualTo(once);
        assertThat(stateAfter(TinyRecipe.standard(), batches(12, 2))).isNotEqualTo(once);
        assertThat(stateAfter(TinyRecipe.with(64, 0, 43), batches(12, 1)).encoder())
                .isNotEqualTo(once.encoder());
    }

    @Test
    void goesOnFromASnapshotAsIfItHadNeverStopped() {
        List<List<TrainingExample>> batches = batches(12, 1);
        LearnerState straight = stateAfter(TinyRecipe.standard(), batches);
        LearnerState half = stateAfter(TinyRecipe.standard(), batches.subList(0, 6));

        try (Learner learner = Learner.restored(network, TinyRecipe.standard(), half, () -> 0)) {
            assertThat(learner.snapshot()).isEqualTo(half);
            learn(learner, batches.subList(6, 12));
            assertThat(learner.snapshot()).isEqualTo(straight);
        }
    }

    @Test
    void goesOnWithASmallerRehearsalTheSameWayEachTime() {
        LearnerState half = stateAfter(TinyRecipe.standard(), batches(6, 1));
        assertThat(half.rehearsal().kept()).hasSize(48);

        LearnerState one = resumedWithCapacity(20, half);
        assertThat(one.rehearsal().kept()).hasSize(20).doesNotHaveDuplicates();
        assertThat(half.rehearsal().kept()).containsAll(one.rehearsal().kept());
        assertThat(one.rehearsal().offered()).isEqualTo(48);
        assertThat(resumedWithCapacity(20, half)).isEqualTo(one);
        assertThat(resumedWithCapacity(0, half).rehearsal().kept()).isEmpty();
    }

    @Test
    void keepsWhatWasAnsweredToStayNearItWhileLabelsComeAndGo() {
        List<List<TrainingExample>> batches = batches(12, 1);
        LearnerState without = stateAfter(TinyRecipe.standard(), batches);
        assertThat(without.rehearsal().kept()).extracting(Remembered::logits).containsOnly(Logits.NONE);

        Recipe near = TinyRecipe.with(Map.of("distillation", "1"));
        try (Learner learner = fresh(near)) {
            learn(learner, batches);
            LearnerState state = learner.snapshot();
            assertThat(state.encoder()).isNotEqualTo(without.encoder());
            assertThat(state.rehearsal().kept())
                    .allSatisfy(item -> assertThat(item.logits().values().length)
                            .isBetween(1, state.labels().size()));
            int labels = state.labels().size();
            Map<Long, Logits> before = byNumber(state);

            learner.retire(state.labels().get(1));
            Map<Long, Logits> after = byNumber(learner.snapshot());
            assertThat(after).isNotEmpty().hasSizeLessThan(before.size());
            after.forEach((number, logits) -> assertThat(logits)
                    .isEqualTo(before.getOrDefault(number, Logits.NONE).without(1)));

            learner.learn(List.of(example("it rains", "weather")));
            Remembered newest = learner.snapshot().rehearsal().kept().stream()
                    .max(Comparator.comparingLong(Remembered::number))
                    .orElseThrow();
            assertThat(newest.logits().values()).hasSize(labels);
        }
    }

    private static Map<Long, Logits> byNumber(LearnerState state) {
        return state.rehearsal().kept().stream().collect(Collectors.toMap(Remembered::number, Remembered::logits));
    }

    private static LearnerState resumedWithCapacity(int capacity, LearnerState state) {
        try (Learner learner = Learner.restored(network, TinyRecipe.standard(), state, () -> 0)) {
            learner.use(TinyRecipe.with(capacity, 0, 42));
            return learner.snapshot();
        }
    }

    @Test
    void leavesFrozenLayersOut() {
        try (Network frozen = Network.load(base, TinyBase.CPU, 1);
                Learner learner = Learner.fresh(frozen, base, TinyRecipe.with(64, 1, 42), () -> 0)) {
            learn(learner, batches(2, 1));
            assertThat(learner.snapshot().encoder().stream().map(Tensor::name))
                    .isNotEmpty()
                    .noneMatch(name -> name.contains("layer.0"))
                    .anyMatch(name -> name.contains("layer.1"));
        }
    }

    @Test
    void refusesAStateThatLacksATensor() {
        LearnerState state = stateAfter(TinyRecipe.standard(), batches(1, 1));
        LearnerState poorer = new LearnerState(
                state.steps(),
                state.score(),
                state.labels(),
                state.formerNames(),
                state.encoder().subList(1, state.encoder().size()),
                state.head(),
                state.rehearsal(),
                state.drift(),
                state.holdout(),
                state.voting());

        assertThatThrownBy(() -> Learner.restored(network, TinyRecipe.standard(), poorer, () -> 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "no tensor named " + state.encoder().get(0).name());
    }

    private static LearnerState stateAfter(Recipe recipe, List<List<TrainingExample>> batches) {
        try (Learner learner = fresh(recipe)) {
            learn(learner, batches);
            return learner.snapshot();
        }
    }

    private static Learner fresh(Recipe recipe) {
        return Learner.fresh(network, base, recipe, () -> 0);
    }

    private static List<StepReport> learn(Learner learner, List<List<TrainingExample>> batches) {
        return batches.stream().map(learner::learn).toList();
    }

    private static List<List<TrainingExample>> batches(int count, long seed) {
        List<TrainingExample> examples = new ArrayList<>();
        for (LabelledExample example : HelpDesk.examples("support", count * TinyRecipe.BATCH, seed)) {
            examples.add(example(example.text(), example.label()));
        }
        List<List<TrainingExample>> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(examples.subList(i * TinyRecipe.BATCH, (i + 1) * TinyRecipe.BATCH));
        }
        return batches;
    }

    private static TrainingExample example(String text, String label) {
        return new TrainingExample(tokenizer.encode(text), label, 1);
    }
}
