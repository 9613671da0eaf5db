package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearningStepTest {

    @Test
    void theAverageWarmsUpToItsDecay() {
        Recipe recipe = Recipe.standardBut(Map.of("ema-decay", "0.9"));
        assertThat(update(recipe, 8, false).averageDecay()).isEqualTo(0.5);
        assertThat(update(recipe, 1000, false).averageDecay()).isEqualTo(0.9);
    }

    @Test
    void aThawHasAllLayersLearnAtTheFullRate() {
        Recipe recipe = Recipe.standardBut(Map.of(
                "encoder-learning-rate",
                "0.25",
                "head-learning-rate-factor",
                "2",
                "layer-decay",
                "0.5",
                "thaw-every-examples",
                "100"));
        assertThat(update(recipe, 1, false).rates()).isEqualTo(Rates.decaying(3, 1, 0.25, 0.5, 0.5));
        assertThat(update(recipe, 1, true).rates()).isEqualTo(Rates.uniform(3, 0.25, 0.5));
    }

    private static Update update(Recipe recipe, long step, boolean thawed) {
        return new LearningStep(recipe, step).settings(3, 0, 1, thawed, 1).update();
    }
}
