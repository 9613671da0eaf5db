package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RecipeTest {

    @Test
    void tellsEverySettingInTheLineage() {
        Recipe one = Recipe.standardBut(Map.of("batch-size", "7", "weight-decay", "5e-3"));

        assertThat(one.asMap().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        Recipe.settings().stream().map(RecipeSetting::name).toList());
        assertThat(one.asMap()).containsEntry("batch-size", "7").containsEntry("weight-decay", "0.005");
        assertThat(Recipe.of(one.asMap())).isEqualTo(one);
    }

    @Test
    void refusesWhatCannotBeLearnedWith() {
        refused("batch-size", "0", "batch-size must be a whole number from 1 to 4096, but is 0");
        refused("rehearsal-ratio", "-0.1", "rehearsal-ratio must be a number from 0 to 16, but is -0.1");
        refused("rehearsal-ratio", "NaN", "rehearsal-ratio");
        refused("rehearsal-capacity", "-1", "rehearsal-capacity");
        refused("gradient-clip", "0", "gradient-clip must be a number above 0, but is 0");
        refused("gradient-clip", "Infinity", "gradient-clip");
        refused("label-smoothing", "1", "label-smoothing");
        refused("ema-decay", "1", "ema-decay");
        refused("max-batch-age", "soon", "max-batch-age must be a duration of at least 1ms, but is soon");
        refused("max-tokens", "2", "max-tokens");
        refused("batchsize", "2", "there is no setting batchsize of the recipe; there are accumulation, ");
    }

    @Test
    void takesASettingThatARecordDoesNotNameForWhatItMeantThen() {
        for (RecipeSetting setting : Recipe.settings()) {
            Map<String, String> recorded = new HashMap<>(Recipe.standard().asMap());
            recorded.remove(setting.name());
            assertThat(Recipe.of(recorded).asMap().get(setting.name()))
                    .isEqualTo(setting.kind().canonical(setting.absent()));
        }
    }

    @Test
    void refusesAPolicyThatNeverMakesAVersionOrKeepsNoState() {
        refused(() -> policy(0, 1), "must be >= 1, but are 0 and 1");
        refused(() -> policy(1, 0), "must be >= 1, but are 1 and 0");
    }

    private static VersionPolicy policy(long everyExamples, int trainingStates) {
        return new VersionPolicy(everyExamples, Duration.ofHours(1), Duration.ofSeconds(1), trainingStates);
    }

    private static void refused(String name, String value, String rule) {
        refused(() -> Recipe.standardBut(Map.of(name, value)), rule);
    }

    private static void refused(ThrowingCallable making, String rule) {
        assertThatThrownBy(making).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(rule);
    }
}
