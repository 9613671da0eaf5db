package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrequentialTest {

    @Test
    void addsUpBothAccuracies() {
        Prequential score = Prequential.NONE.plus(4, 1, 2).plus(6, 4, 3);

        assertThat(score).isEqualTo(new Prequential(10, 5, 5));
        assertThat(score.plus(10, 10, 0).accuracy()).isEqualTo(0.75);
        assertThat(score.plus(10, 10, 0).trainingAccuracy()).isEqualTo(0.25);
    }

    @Test
    void isZeroBeforeTheFirstExample() {
        assertThat(Prequential.NONE.accuracy()).isZero();
        assertThat(Prequential.NONE.trainingAccuracy()).isZero();
        assertThat(new StepReport(
                                1,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                List.of(),
                                StepReport.Votes.NONE,
                                List.of(),
                                StepReport.Arithmetic.NONE,
                                Duration.ZERO)
                        .prequentialAccuracy())
                .isZero();
    }

    @Test
    void isWhatAStepReports() {
        assertThat(new StepReport(
                                2,
                                4,
                                4,
                                0.5,
                                1,
                                3,
                                2,
                                8,
                                6,
                                2,
                                List.of(),
                                StepReport.Votes.NONE,
                                List.of(),
                                StepReport.Arithmetic.NONE,
                                Duration.ZERO)
                        .prequentialAccuracy())
                .isEqualTo(0.75);
    }
}
