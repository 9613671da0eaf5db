package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PrequentialAnswersTest {

    /** A plus is a right answer. */
    private static PrequentialAnswers answers(String marks) {
        List<String> right = marks.chars().mapToObj(mark -> "a").toList();
        return new PrequentialAnswers(
                right, marks.chars().mapToObj(mark -> mark == '+' ? "a" : "").toList());
    }

    @Test
    void countsWhatWasRightInAllInEachQuarterAndInWindows() {
        PrequentialAnswers some = answers("...." + "+..." + "++.." + "++++" + "+++");

        assertThat(some.accuracy()).isEqualTo(10.0 / 19);
        // 19 examples: 4, 5, 5 and 5.
        assertThat(some.quarters()).containsExactly(0.0, 0.4, 0.6, 1.0);
        assertThat(some.lastQuarter()).isEqualTo(1);
        assertThat(some.sliding(List.of(4, 8, 12, 16), 4)).containsExactly(0.0, 0.25, 0.5, 1.0);
        assertThat(answers("").accuracy()).isZero();
    }

    @Test
    void isBackWhenAWindowAfterTheDriftIsAsGoodAsTheOneBefore() {
        // Three of four before it; the first such window after it ends with its seventh example.
        assertThat(answers("....++.+" + "....+++" + "+").recovery(8, 4)).isEqualTo(OptionalInt.of(7));
        // No sooner than a window that lies behind the drift as a whole.
        assertThat(answers("++++" + "++++").recovery(4, 4)).isEqualTo(OptionalInt.of(4));
        assertThat(answers("++++" + "+++.+++.").recovery(4, 4)).isEmpty();
    }

    @Test
    void eachExampleHasAnAnswer() {
        assertThatThrownBy(() -> new PrequentialAnswers(List.of("a"), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("each of 1 examples needs an answer, but there are 0");
    }
}
