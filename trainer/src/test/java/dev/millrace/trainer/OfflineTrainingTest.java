package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ingest.LabelledExample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OfflineTrainingTest {

    private static final List<LabelledExample> TRAIN = HelpDesk.examples("support", 120, 1);
    private static final List<LabelledExample> TEST = HelpDesk.examples("support", 80, 2);

    private static OfflineTraining training() {
        return new OfflineTraining(TinyBase.light(), TinyBase.CPU, TinyRecipe.standard());
    }

    @Test
    void moreEpochsLearnMoreAndEachTrainingStartsFromTheBase() {
        try (OfflineTraining training = training()) {
            List<Long> told = new ArrayList<>();
            double once = training.accuracy(TRAIN, TEST, 1, told::add);
            double often = training.accuracy(TRAIN, TEST, 8, learned -> {});

            assertThat(often).isGreaterThan(once).isGreaterThan(0.8);
            assertThat(told).isSorted().endsWith(120L);
            assertThat(training.accuracy(TRAIN, TEST, 1, learned -> {})).isEqualTo(once);
        }
    }

    @Test
    void theRateRisesOverATenthOfTheStepsAndFallsToZero() {
        assertThat(OfflineTraining.rateAt(0, 100)).isEqualTo(0.1, within(1e-12));
        assertThat(OfflineTraining.rateAt(9, 100)).isEqualTo(1, within(1e-12));
        assertThat(OfflineTraining.rateAt(10, 100)).isEqualTo(1, within(1e-12));
        assertThat(OfflineTraining.rateAt(55, 100)).isEqualTo(0.5, within(1e-12));
        assertThat(OfflineTraining.rateAt(99, 100)).isEqualTo(1.0 / 90, within(1e-12));
        assertThat(OfflineTraining.rateAt(0, 1)).isEqualTo(1);
    }

    @Test
    void endsWhenItIsToldTo() {
        try (OfflineTraining training = training()) {
            assertThatThrownBy(() -> training.accuracy(TRAIN, TEST, 2, learned -> {
                        throw new IllegalStateException("stopped at " + learned);
                    }))
                    .hasMessage("stopped at " + TinyRecipe.standard().batchSize());
        }
    }

    @Test
    void refusesToTrainOnNothing() {
        try (OfflineTraining training = training()) {
            assertThatThrownBy(() -> training.accuracy(TRAIN, TEST, 0, learned -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.accuracy(List.of(), TEST, 1, learned -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.accuracy(TRAIN, List.of(), 1, learned -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
