package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpinionPoolTest {

    private static final double[] SURE = logs(0.9, 0.05, 0.05);
    private static final double[] OTHERWISE = logs(0.2, 0.7, 0.1);

    @Test
    void isTheProductOfPowers() {
        double[] pooled = new OpinionPool(List.of(0.5, 2.0)).pool(List.of(SURE, OTHERWISE));

        double a = Math.sqrt(0.9) * 0.04;
        double b = Math.sqrt(0.05) * 0.49;
        double c = Math.sqrt(0.05) * 0.01;
        assertThat(pooled[0]).isCloseTo(a / (a + b + c), within(1e-9));
        assertThat(pooled[1]).isCloseTo(b / (a + b + c), within(1e-9));
        assertThat(Arrays.stream(pooled).sum()).isCloseTo(1, within(1e-12));
    }

    @Test
    void leavesOneOpinionAsItIsAndSharpensOrSoftensItByItsWeight() {
        assertThat(new OpinionPool(List.of(1.0)).pool(List.of(SURE))[0]).isCloseTo(0.9, within(1e-12));
        assertThat(new OpinionPool(List.of(2.0)).pool(List.of(SURE))[0]).isGreaterThan(0.9);
        assertThat(new OpinionPool(List.of(0.5)).pool(List.of(SURE))[0]).isLessThan(0.9);
        assertThat(new OpinionPool(List.of(0.0)).pool(List.of(SURE))[0]).isCloseTo(1.0 / 3, within(1e-12));
    }

    @Test
    void letsNoOpinionRuleALabelOutAlone() {
        double[] never = {Double.NEGATIVE_INFINITY, 0};
        double[] always = {0, -50};

        double[] pooled = new OpinionPool(List.of(0.2, 1.0)).pool(List.of(never, always));
        assertThat(pooled[0]).isGreaterThan(0.9);
    }

    @Test
    void refusesWhatIsNoWeightAndOpinionsThatNobodyWeighs() {
        assertThatThrownBy(() -> new OpinionPool(List.of(-0.1))).hasMessageContaining("weights must be numbers >= 0");
        assertThatThrownBy(() -> new OpinionPool(List.of(Double.NaN))).hasMessageContaining("weights");
        assertThatThrownBy(() -> new OpinionPool(List.of(1.0)).pool(List.of(SURE, OTHERWISE)))
                .hasMessageContaining("1 weights, but 2 opinions");
    }

    private static double[] logs(double... probabilities) {
        return Arrays.stream(probabilities).map(Math::log).toArray();
    }
}
