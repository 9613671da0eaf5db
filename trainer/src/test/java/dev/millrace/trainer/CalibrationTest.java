package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CalibrationTest {

    @Test
    void isZeroWhereConfidencesAreWhatTheySay() {
        assertThat(Calibration.none().error()).isZero();
        assertThat(after(Calibration.none(), 1000, 0.75, 4).error()).isCloseTo(0, within(0.01));
    }

    @Test
    void isHowFarConfidencesLieFromTheShareThatIsRight() {
        assertThat(after(Calibration.none(), 1000, 0.95, 4).error()).isCloseTo(0.2, within(0.01));
        assertThat(after(Calibration.none(), 1000, 1, 2).error()).isCloseTo(0.5, within(0.01));
        assertThat(after(Calibration.none(), 1000, 0, 2).error()).isCloseTo(0.5, within(0.01));
    }

    @Test
    void forgetsWhatIsLongAgo() {
        Calibration bad = after(Calibration.none(), 2000, 0.95, 2);
        assertThat(bad.error()).isGreaterThan(0.4);
        assertThat(after(bad, 6000, 0.75, 4).error()).isLessThan(0.02);
    }

    /** So many answers of one confidence, of which all but each {@code every}th are right. */
    private static Calibration after(Calibration start, int answers, double confidence, int every) {
        Calibration calibration = start;
        for (int i = 0; i < answers; i++) {
            calibration = calibration.plus(confidence, i % every != 0);
        }
        return calibration;
    }
}
