package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LabelNoiseTest {

    private static final List<StreamedExample> EXAMPLES = InventedStream.of(1000, "a", "b", "c", "d");

    @Test
    void aShareGetsAnotherLabelAndRemembersTheRightOne() {
        List<StreamedExample> noisy = new LabelNoise(0.1, 1).apply(EXAMPLES);

        Map<String, Integer> turned = new HashMap<>();
        for (int i = 0; i < noisy.size(); i++) {
            StreamedExample was = EXAMPLES.get(i);
            StreamedExample is = noisy.get(i);
            assertThat(is.id()).isEqualTo(was.id());
            assertThat(is.trueLabel()).isEqualTo(was.label());
            if (!is.label().equals(was.label())) {
                turned.merge(was.label() + is.label(), 1, Integer::sum);
            }
        }
        assertThat(turned.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(400);
        // Twelve ways, each as likely: 33 on average.
        assertThat(turned)
                .hasSize(12)
                .allSatisfy((way, count) -> assertThat(count).isBetween(15, 55));
    }

    @Test
    void theNoiseIsThatOfTheSeed() {
        assertThat(new LabelNoise(0.1, 1).apply(EXAMPLES)).isEqualTo(new LabelNoise(0.1, 1).apply(EXAMPLES));
        assertThat(new LabelNoise(0.1, 2).apply(EXAMPLES)).isNotEqualTo(new LabelNoise(0.1, 1).apply(EXAMPLES));
    }

    @Test
    void needsAnotherLabel() {
        List<StreamedExample> one = InventedStream.of(3, "a");
        assertThatThrownBy(() -> new LabelNoise(0.1, 1).apply(one))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("another label is needed");
    }
}
