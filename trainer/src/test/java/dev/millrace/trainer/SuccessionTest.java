package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SuccessionTest {

    private static final List<String> LABELS = List.of("a", "b", "c");

    @Test
    void isTheLabelWithMostExamplesThatLookLikeTheFormerOnes() {
        assertThat(succession("b:a", "c:a", "c:a", "a:b").after("a")).contains("c");
        assertThat(succession("b:a", "c:a", "c:a", "c:c", "c:c", "c:c").after("a"))
                .contains("b");
        assertThat(succession("b:b", "c:c", "a:a").after("a")).isEmpty();
        assertThat(succession("b:a", "b:b", "b:b").after("a")).isEmpty();
    }

    @Test
    void isNoLabelThatHasJustCome() {
        assertThat(succession(Set.of("a", "c"), "b:a", "b:a", "c:c").after("a")).isEmpty();
        assertThat(succession(Set.of("a", "b"), "b:a", "b:a", "c:c").after("a")).contains("b");
    }

    @Test
    void isToldInReverseByTwoExamplesUnlessTheOtherHasSuchTextsStill() {
        assertThat(succession("a:b", "a:b", "a:c").before("a")).contains("b");
        assertThat(succession("a:b", "a:c", "a:c", "a:c").before("a")).contains("c");
        assertThat(succession("a:b").before("a")).isEmpty();
        assertThat(succession("a:b", "a:b", "b:b", "b:c").before("a")).isEmpty();
        assertThat(succession("a:b", "a:b", "b:b", "b:a", "b:a").before("a")).contains("b");
    }

    @Test
    void countsOnlyWhereALabelsOwnTextsAreKnown() {
        assertThat(Succession.isTold(likeness("a", "a", "a", "b"), 0)).isTrue();
        assertThat(Succession.isTold(likeness("a", "a", "b", "b"), 0)).isFalse();
        assertThat(Succession.isTold(List.of(), 0)).isFalse();
        List<TrainingExample> examples = List.of(new TrainingExample(TokenIds.of(1), "b", 1));
        assertThat(new Succession(examples, List.of(), new Labels(LABELS, Map.of()), Set.copyOf(LABELS)).after("a"))
                .isEmpty();
    }

    private static Succession succession(String... seen) {
        return succession(Set.copyOf(LABELS), seen);
    }

    /** Of examples that are written as their label and the one that they look like. */
    private static Succession succession(Set<String> established, String... seen) {
        List<TrainingExample> examples = new ArrayList<>();
        List<double[]> likeness = new ArrayList<>();
        for (String example : seen) {
            examples.add(new TrainingExample(TokenIds.of(1), example.substring(0, 1), 1));
            likeness.addAll(likeness(example.substring(2)));
        }
        return new Succession(examples, likeness, new Labels(LABELS, Map.of()), established);
    }

    private static List<double[]> likeness(String... labels) {
        List<double[]> likeness = new ArrayList<>();
        for (String label : labels) {
            double[] shares = {0.2, 0.2, 0.2};
            shares[LABELS.indexOf(label)] = 0.6;
            likeness.add(shares);
        }
        return likeness;
    }
}
