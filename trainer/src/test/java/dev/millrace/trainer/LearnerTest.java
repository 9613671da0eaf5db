package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.Network;
import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.Tensor;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LearnerTest {

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
    void learnsWhatCanBeLearned() {
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            List<StepReport> reports = learn(learner, scene.batches(160, 1));

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
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            StepReport first = learner.learn(List.of(scene.example("the parcel", "b"), scene.example("my card", "a")));
            assertThat(first.correct()).isZero();
            assertThat(first.answers()).containsExactly("", "");
            assertThat(first.labels()).isEqualTo(2);

            // The same texts again, one of them under a label that nobody could have known.
            StepReport second = learner.learn(List.of(scene.example("my card", "c"), scene.example("the parcel", "b")));
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
        try (Learner learner = scene.fresh(twice)) {
            List<StepReport> reports = learn(learner, scene.batches(4, 1));

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
        try (Learner learner = scene.fresh(noPast)) {
            for (int i = 0; i < 5; i++) {
                learner.learn(List.of(
                        scene.example("my card", "a"),
                        new TrainingExample(scene.tokenizer.encode("my card"), "b", weight),
                        scene.example("the parcel", "c")));
            }
            return learner.learn(List.of(scene.example("my card", "b"))).loss();
        }
    }

    @Test
    void survivesWeightsThatFloatsCannotHold() {
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            for (double weight : new double[] {Double.MIN_VALUE, Double.MAX_VALUE}) {
                StepReport report = learner.learn(List.of(
                        new TrainingExample(scene.tokenizer.encode("my card"), "a", weight),
                        new TrainingExample(scene.tokenizer.encode("the parcel"), "b", weight)));
                assertThat(report.loss()).isFinite();
                assertThat(report.gradientNorm()).isFinite();
            }
        }
    }

    @Test
    void stopsOnALossThatIsNoNumberAndCountsNothingOfIt() {
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            learn(learner, scene.batches(2, 1));
            LearnerState before = learner.snapshot();

            assertThatThrownBy(() -> learner.learn(
                            List.of(new TrainingExample(scene.tokenizer.encode("my card"), "cards", Double.NaN))))
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
        LearnerState once = stateAfter(TinyRecipe.standard(), scene.batches(12, 1));

        assertThat(stateAfter(TinyRecipe.standard(), scene.batches(12, 1))).isEqualTo(once);
        assertThat(stateAfter(TinyRecipe.standard(), scene.batches(12, 2))).isNotEqualTo(once);
        assertThat(stateAfter(TinyRecipe.with(64, 0, 43), scene.batches(12, 1)).encoder())
                .isNotEqualTo(once.encoder());
    }

    @Test
    void goesOnFromASnapshotAsIfItHadNeverStopped() {
        List<List<TrainingExample>> batches = scene.batches(12, 1);
        LearnerState straight = stateAfter(TinyRecipe.standard(), batches);
        LearnerState half = stateAfter(TinyRecipe.standard(), batches.subList(0, 6));

        try (Learner learner = scene.restored(TinyRecipe.standard(), half)) {
            assertThat(learner.snapshot()).isEqualTo(half);
            learn(learner, batches.subList(6, 12));
            assertThat(learner.snapshot()).isEqualTo(straight);
        }
    }

    @Test
    void goesOnWithASmallerRehearsalTheSameWayEachTime() {
        LearnerState half = stateAfter(TinyRecipe.standard(), scene.batches(6, 1));
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
        List<List<TrainingExample>> batches = scene.batches(12, 1);
        LearnerState without = stateAfter(TinyRecipe.standard(), batches);
        assertThat(without.rehearsal().kept()).extracting(Remembered::logits).containsOnly(Logits.NONE);

        Recipe near = TinyRecipe.with(Map.of("distillation", "1"));
        try (Learner learner = scene.fresh(near)) {
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

            learner.learn(List.of(scene.example("it rains", "weather")));
            Remembered newest = learner.snapshot().rehearsal().kept().stream()
                    .max(Comparator.comparingLong(Remembered::number))
                    .orElseThrow();
            assertThat(newest.logits().values()).hasSize(labels);
        }
    }

    @Test
    void whatIsDistilledFollowsTheScaleOfTheHead() {
        for (String last : List.of("cosine", "linear")) {
            Map<String, String> settings = Map.of("distillation", "1", "head", last);
            try (Learner learner = scene.fresh(TinyRecipe.with(settings))) {
                learn(learner, scene.batches(4, 1));
                Map<Long, Logits> before = byNumber(learner.snapshot());
                learner.use(TinyRecipe.with(settings).with(Map.of("head-scale", "4")));
                Map<Long, Logits> after = byNumber(learner.snapshot());

                // Only a cosine is multiplied with it.
                double factor = last.equals("cosine") ? 0.5 : 1;
                assertThat(after)
                        .hasSameSizeAs(before)
                        .allSatisfy((number, logits) -> assertThat(logits)
                                .isEqualTo(
                                        before.getOrDefault(number, Logits.NONE).times(factor)));
            }
        }
    }

    @Test
    void anotherOptimizerDoesNotGoOnFromTheMomentsOfTheOneBefore() {
        Recipe adamw = TinyRecipe.standard();
        try (Learner learner = scene.fresh(adamw)) {
            learn(learner, scene.batches(3, 1));
            LearnerState before = learner.snapshot();
            learner.use(adamw.with(Map.of("weight-decay", "0.02")));
            assertThat(learner.snapshot()).isEqualTo(before);

            learner.use(adamw.with(Map.of("optimizer", "schedule-free")));
            LearnerState after = learner.snapshot();
            for (Part part : Part.values()) {
                boolean moment = List.of(Part.FIRST_MOMENT, Part.SECOND_MOMENT, Part.UPDATES)
                        .contains(part);
                assertThat(sums(after, part)).allSatisfy((name, sum) -> {
                    if (moment) {
                        assertThat(sum).describedAs(name).isZero();
                    } else {
                        assertThat(sum)
                                .describedAs(name)
                                .isEqualTo(sums(before, part).get(name));
                    }
                });
            }
            assertThat(sums(before, Part.UPDATES).values()).containsOnly(3.0);
            learn(learner, scene.batches(1, 2));
            assertThat(sums(learner.snapshot(), Part.UPDATES).values()).containsOnly(1.0);
        }
    }

    /** Of all elements, by the name of the tensor. */
    private static Map<String, Double> sums(LearnerState state, Part part) {
        return Stream.concat(state.encoder().stream(), state.head().stream())
                .filter(tensor -> tensor.name().startsWith(part.of("")))
                .collect(Collectors.toMap(Tensor::name, tensor -> {
                    FloatBuffer values = tensor.data().asFloatBuffer();
                    double sum = 0;
                    while (values.hasRemaining()) {
                        sum += Math.abs(values.get());
                    }
                    return sum;
                }));
    }

    @Test
    void miniBatchesThatWaitMakeOneMeanWhenTheirNumberChanges() {
        List<List<TrainingExample>> batches = scene.batches(5, 1);
        LearnerState three = stateAfter(accumulating(3), batches.subList(0, 3));
        for (int fewer : List.of(3, 1)) {
            try (Learner learner = scene.fresh(accumulating(4))) {
                learn(learner, batches.subList(0, 2));
                assertThat(learner.snapshot().updatedAt()).isZero();
                learner.use(accumulating(fewer));
                learn(learner, batches.subList(2, 3));
                assertThat(learner.snapshot()).isEqualTo(three);
            }
        }
        try (Learner learner = scene.fresh(accumulating(1))) {
            learn(learner, batches.subList(0, 3));
            learner.use(accumulating(2));
            learn(learner, batches.subList(3, 4));
            assertThat(learner.snapshot().updatedAt()).isEqualTo(3);
            learn(learner, batches.subList(4, 5));
            assertThat(learner.snapshot().updatedAt()).isEqualTo(5);
        }
    }

    private static Recipe accumulating(int miniBatches) {
        return TinyRecipe.with(Map.of("accumulation", Integer.toString(miniBatches)));
    }

    private static Map<Long, Logits> byNumber(LearnerState state) {
        return state.rehearsal().kept().stream().collect(Collectors.toMap(Remembered::number, Remembered::logits));
    }

    private static LearnerState resumedWithCapacity(int capacity, LearnerState state) {
        try (Learner learner = scene.restored(TinyRecipe.standard(), state)) {
            learner.use(TinyRecipe.with(capacity, 0, 42));
            return learner.snapshot();
        }
    }

    @Test
    void leavesFrozenLayersOut() {
        try (Network frozen = Network.load(scene.base, TinyBase.CPU, 1);
                Learner learner = Learner.fresh(frozen, scene.base, TinyRecipe.with(64, 1, 42), () -> 0)) {
            learn(learner, scene.batches(2, 1));
            assertThat(learner.snapshot().encoder().stream().map(Tensor::name))
                    .isNotEmpty()
                    .noneMatch(name -> name.contains("layer.0"))
                    .anyMatch(name -> name.contains("layer.1"));
        }
    }

    @Test
    void refusesAStateThatLacksATensor() {
        LearnerState state = stateAfter(TinyRecipe.standard(), scene.batches(1, 1));
        LearnerState poorer = new LearnerState(
                state.steps(),
                state.updatedAt(),
                state.score(),
                state.labels(),
                state.formerNames(),
                state.encoder().subList(1, state.encoder().size()),
                state.head(),
                state.rehearsal(),
                state.drift(),
                state.holdout(),
                state.voting());

        assertThatThrownBy(() -> scene.restored(TinyRecipe.standard(), poorer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "no tensor named " + state.encoder().get(0).name());
    }

    private static LearnerState stateAfter(Recipe recipe, List<List<TrainingExample>> batches) {
        try (Learner learner = scene.fresh(recipe)) {
            learn(learner, batches);
            return learner.snapshot();
        }
    }

    private static List<StepReport> learn(Learner learner, List<List<TrainingExample>> batches) {
        return batches.stream().map(learner::learn).toList();
    }
}
