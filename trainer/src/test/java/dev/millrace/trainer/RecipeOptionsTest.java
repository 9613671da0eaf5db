package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each setting of learning has an effect, learns what can be learned, and goes on from a snapshot to the bit. */
class RecipeOptionsTest {

    private static LearnerState standard;

    @BeforeAll
    static void trainByStandard() {
        standard = train(TinyRecipe.standard(), 0, 30, null).learner();
    }

    static Stream<Map<String, String>> options() {
        return Stream.of(
                Map.of("optimizer", "sgd", "encoder-learning-rate", "0.02"),
                Map.of("optimizer", "lion", "encoder-learning-rate", "2e-4"),
                Map.of("optimizer", "schedule-free"),
                Map.of("layer-decay", "0.5"),
                Map.of("thaw-every-examples", "40"),
                Map.of("thaw-every-examples", "200"),
                Map.of("thaw-every-examples", "200", "adapter-rank", "4"),
                Map.of("schedule", "cosine", "schedule-steps", "7"),
                Map.of("schedule", "inverse-sqrt", "schedule-steps", "7"),
                Map.of("warm-up-steps", "5"),
                Map.of("accumulation", "2"),
                Map.of("class-weights", "balanced"),
                Map.of("asymmetric-loss", "true"),
                Map.of("distillation", "0.5"),
                Map.of("contrast", "0.3"),
                Map.of("dropout", "0.1"),
                Map.of("kept-layers", "1"),
                Map.of("adapter-rank", "4"),
                Map.of("adapter-rank", "4", "adapter-targets", "mlp"),
                Map.of("head", "linear"),
                Map.of("head-layers", "24", "head-norm", "layer", "head-dropout", "0.1"),
                Map.of("head-layers", "24,16", "head-activation", "tanh", "head", "linear"),
                Map.of("label-smoothing", "0.1"),
                Map.of("frozen-layers", "1"),
                Map.of("voters", "none"),
                Map.of("voters", "linear"),
                Map.of("voters", "neighbours", "voter-memory", "20"));
    }

    @ParameterizedTest
    @MethodSource("options")
    void learnsAndGoesOnFromASnapshot(Map<String, String> settings) {
        Recipe recipe = TinyRecipe.with(settings);
        Checkpoint straight = train(recipe, 0, 30, null);
        Checkpoint half = train(recipe, 0, 15, null);
        Checkpoint resumed = train(recipe, 15, 30, half.learner());

        assertThat(ResumedRun.digest(resumed)).isEqualTo(ResumedRun.digest(straight));
        // The recipe lies in the checkpoint: its digest would be another without any effect.
        assertThat(straight.learner()).isNotEqualTo(standard);
        assertThat(straight.learner().score().accuracy()).isGreaterThan(0.3);
    }

    @Test
    void ratesFollowTheirSchedule() {
        Recipe cosine = Recipe.standardBut(Map.of("schedule", "cosine", "schedule-steps", "10", "warm-up-steps", "4"));
        assertThat(cosine.rateFactor(1)).isEqualTo(0.25);
        assertThat(cosine.rateFactor(5)).isEqualTo(1);
        assertThat(cosine.rateFactor(10)).isEqualTo(0.5, within(1e-9));
        assertThat(cosine.rateFactor(15)).isEqualTo(1);

        Recipe root = Recipe.standardBut(Map.of("schedule", "inverse-sqrt", "schedule-steps", "10"));
        assertThat(root.rateFactor(1)).isEqualTo(1);
        assertThat(root.rateFactor(31)).isEqualTo(0.5, within(1e-9));
        assertThat(Recipe.standard().rateFactor(1_000_000)).isEqualTo(1);
    }

    @Test
    void layersThawFromTheTop() {
        Recipe thawing = Recipe.standardBut(Map.of("thaw-every-examples", "100"));
        assertThat(Stream.of(0L, 99L, 100L, 250L, 10_000L).map(examples -> thawing.thawedLayers(6, examples)))
                .containsExactly(1, 1, 2, 3, 6);
        assertThat(Recipe.standard().thawedLayers(6, 0)).isEqualTo(6);
    }

    private static Checkpoint train(Recipe recipe, int from, int to, @Nullable LearnerState state) {
        PretrainedModel base = recipe.kept(TinyBase.model());
        try (Network network = recipe.network(base, TinyBase.CPU);
                Tokenizer tokenizer = base.tokenizer(32);
                Learner learner = state == null
                        ? Learner.fresh(network, base, recipe, () -> 0)
                        : Learner.restored(network, recipe, state, () -> 0)) {
            List<TrainingExample> examples = new ArrayList<>();
            for (LabelledExample example : HelpDesk.examples("support", 240, 1)) {
                examples.add(new TrainingExample(tokenizer.encode(example.text()), example.label(), 1));
            }
            for (int step = from; step < to; step++) {
                learner.learn(examples.subList(8 * step, 8 * step + 8));
            }
            return Checkpoint.fresh(learner.snapshot(), recipe);
        }
    }
}
