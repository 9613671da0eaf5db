package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RecipeTest {

    @Test
    void tellsEverySettingInTheLineage() {
        Recipe one = new Recipe(2, Duration.ofSeconds(3), 3, 4, 5, 6, 7, 8, 0.1, 0.2, 9, 1, 10, 11);

        assertThat(Set.copyOf(one.asMap().values()))
                .containsExactlyInAnyOrder(
                        "2", "PT3S", "3.0", "4", "5.0", "6.0", "7.0", "8.0", "0.1", "0.2", "9.0", "1", "10", "11");
    }

    @Test
    void refusesWhatCannotBeLearnedWith() {
        refused(() -> recipe(0, 1, 1, 1, 0, 0.9, 16, 0, 64), "batchSize must be >= 1, but is 0");
        refused(() -> recipe(1, -0.1, 1, 1, 0, 0.9, 16, 0, 64), "rehearsalRatio must be >= 0, but is -0.1");
        refused(() -> recipe(1, Double.NaN, 1, 1, 0, 0.9, 16, 0, 64), "rehearsalRatio");
        refused(() -> recipe(1, 1, -1, 1, 0, 0.9, 16, 0, 64), "rehearsalCapacity must be >= 0, but is -1");
        refused(() -> recipe(1, 1, 1, 0, 0, 0.9, 16, 0, 64), "gradientClip must be > 0, but is 0.0");
        refused(() -> recipe(1, 1, 1, 1, 1, 0.9, 16, 0, 64), "labelSmoothing must be in [0, 1), but is 1.0");
        refused(() -> recipe(1, 1, 1, 1, 0, 1, 16, 0, 64), "averageDecay must be in [0, 1), but is 1.0");
        refused(() -> recipe(1, 1, 1, 1, 0, 0.9, 0, 0, 64), "headScale must be > 0, but is 0.0");
        refused(() -> recipe(1, 1, 1, 1, 0, 0.9, 16, -1, 64), "frozenLayers must be >= 0, but is -1");
        refused(() -> recipe(1, 1, 1, 1, 0, 0.9, 16, 0, 2), "maxTokens must be > 2, but is 2");
        assertThatCode(() -> recipe(1, 0, 0, 1e-9, 0, 0, 1, 0, 3)).doesNotThrowAnyException();
    }

    @Test
    void refusesAPolicyThatNeverMakesAVersionOrKeepsNoState() {
        refused(() -> policy(0, 1), "must be >= 1, but are 0 and 1");
        refused(() -> policy(1, 0), "must be >= 1, but are 1 and 0");
    }

    private static VersionPolicy policy(long everyExamples, int trainingStates) {
        return new VersionPolicy(everyExamples, Duration.ofHours(1), Duration.ofSeconds(1), trainingStates);
    }

    private static Recipe recipe(
            int batchSize,
            double rehearsalRatio,
            int rehearsalCapacity,
            double gradientClip,
            double labelSmoothing,
            double averageDecay,
            double headScale,
            int frozenLayers,
            int maxTokens) {
        return new Recipe(
                batchSize,
                Duration.ofSeconds(5),
                rehearsalRatio,
                rehearsalCapacity,
                1e-4,
                10,
                0.01,
                gradientClip,
                labelSmoothing,
                averageDecay,
                headScale,
                frozenLayers,
                maxTokens,
                42);
    }

    private static void refused(ThrowingCallable making, String rule) {
        assertThatThrownBy(making).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(rule);
    }
}
