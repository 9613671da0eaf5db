package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

    @Test
    void aLabelThatIsRetiredLeavesItsIndexToTheNext() {
        Labels labels = new Labels(List.of("ant", "bee", "cat"));
        assertThat(labels.retire("bee")).isEqualTo(1);
        assertThat(labels.inOrder()).containsExactly("ant", "cat");
        assertThat(labels.indexOf("cat")).isEqualTo(1);
        assertThat(labels.indexOf("bee")).isEqualTo(Labels.UNKNOWN);

        labels.add("bee");
        assertThat(labels.indexOf("bee")).isEqualTo(2);
        assertThatThrownBy(() -> labels.retire("dog"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no label 'dog'");
    }

    @Test
    void aLabelIsKnownByItsFormerNamesUntilOneOfThemIsRetired() {
        Labels labels = new Labels(List.of("ant", "bee"));
        labels.rename("ant", "emmet");
        labels.rename("emmet", "formica");
        assertThat(labels.inOrder()).containsExactly("formica", "bee");
        assertThat(labels.current("ant")).isEqualTo("formica");
        assertThat(labels.current("emmet")).isEqualTo("formica");
        assertThat(labels.current("formica")).isEqualTo("formica");

        assertThat(labels.retire("ant")).isEqualTo(Labels.UNKNOWN);
        assertThat(labels.current("ant")).isEqualTo("ant");
        assertThat(labels.inOrder()).containsExactly("formica", "bee");

        assertThat(labels.retire("formica")).isZero();
        assertThat(labels.current("emmet")).isEqualTo("emmet");
        assertThat(labels.formerNames()).isEmpty();
    }

    @Test
    void aLabelMayGetItsFormerNameBack() {
        Labels labels = new Labels(List.of("ant"));
        labels.rename("ant", "emmet");
        labels.rename("emmet", "ant");
        assertThat(labels.inOrder()).containsExactly("ant");
        assertThat(labels.current("ant")).isEqualTo("ant");
        assertThat(labels.current("emmet")).isEqualTo("ant");
    }

    @Test
    void refusesANameThatIsTaken() {
        Labels labels = new Labels(List.of("ant", "bee"));
        assertThatThrownBy(() -> labels.rename("ant", "bee"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a label 'bee' already");
        labels.rename("ant", "emmet");
        assertThatThrownBy(() -> labels.rename("bee", "ant"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'ant' counts as 'emmet'");
        assertThatThrownBy(() -> labels.rename("dog", "cat"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no label 'dog'");
        assertThat(labels.inOrder()).containsExactly("emmet", "bee");
    }
}
