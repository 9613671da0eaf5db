package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class TaskAccuraciesTest {

    @Test
    void forgettingIsWhatEachTaskLostSinceItsBest() {
        TaskAccuracies accuracies = new TaskAccuracies();
        accuracies.add(0.8, List.of(0.8));
        accuracies.add(0.75, List.of(0.7, 0.8));
        assertThat(accuracies.forgetting()).isEqualTo(0.1, within(1e-12));
        accuracies.add(0.6, List.of(0.5, 0.6, 0.7));

        // 0.8 − 0.5 and 0.8 − 0.6; the last task cannot have been forgotten.
        assertThat(accuracies.forgetting()).isEqualTo(0.25, within(1e-12));
        assertThat(accuracies.averageAccuracy()).isEqualTo(0.6, within(1e-12));
        assertThat(accuracies.seen()).containsExactly(0.8, 0.75, 0.6);
    }

    @Test
    void whatIsKnownBetterThanEverIsForgottenByLessThanNothing() {
        TaskAccuracies accuracies = new TaskAccuracies();
        accuracies.add(0.8, List.of(0.8));
        accuracies.add(0.85, List.of(0.9, 0.8));
        assertThat(accuracies.forgetting()).isEqualTo(-0.1, within(1e-12));
    }

    @Test
    void oneTaskForgetsNothing() {
        TaskAccuracies accuracies = new TaskAccuracies();
        assertThat(accuracies.averageAccuracy()).isZero();
        accuracies.add(0.8, List.of(0.8));
        assertThat(accuracies.forgetting()).isZero();
        assertThat(accuracies.averageAccuracy()).isEqualTo(0.8);
        assertThatThrownBy(() -> accuracies.add(0.8, List.of(0.8))).isInstanceOf(IllegalArgumentException.class);
    }
}
