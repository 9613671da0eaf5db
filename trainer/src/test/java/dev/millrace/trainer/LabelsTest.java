package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelsTest {

    @Test
    void numbersLabelsInTheOrderInWhichTheyCame() {
        Labels labels = new Labels(List.of("zebra", "ant"));
        assertThat(labels.indexOf("ant")).isEqualTo(1);
        assertThat(labels.indexOf("bee")).isEqualTo(Labels.UNKNOWN);

        labels.add("bee");
        labels.add("zebra");
        assertThat(labels.inOrder()).containsExactly("zebra", "ant", "bee");
        assertThat(labels.indexOf("bee")).isEqualTo(2);
        assertThat(labels.indexOf("zebra")).isZero();
        assertThat(labels.size()).isEqualTo(3);
    }
}
