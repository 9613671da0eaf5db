package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The orders of a stream: {@link RandomOrder}, {@link TimeOrder} and {@link TaskOrder}. */
class StreamOrdersTest {

    private static final List<StreamedExample> EXAMPLES = InventedStream.of(30, InventedStream.labels(7));

    @Test
    void aRandomOrderIsThatOfItsSeed() {
        List<StreamedExample> one = new RandomOrder(1).apply(EXAMPLES);

        assertThat(one).containsExactlyInAnyOrderElementsOf(EXAMPLES).isNotEqualTo(EXAMPLES);
        assertThat(new RandomOrder(1).apply(EXAMPLES)).isEqualTo(one);
        assertThat(new RandomOrder(2).apply(EXAMPLES)).isNotEqualTo(one);
    }

    @Test
    void theOrderOfTimeKeepsThatOfTheFileWhereTimesAreTheSame() {
        List<StreamedExample> reversed = new ArrayList<>(EXAMPLES);
        Collections.reverse(reversed);
        assertThat(new TimeOrder().apply(reversed)).isEqualTo(EXAMPLES);

        List<StreamedExample> atOnce =
                List.of(InventedStream.example(5, "b"), InventedStream.example(5, "a"), InventedStream.example(1, "c"));
        assertThat(new TimeOrder().apply(atOnce))
                .extracting(StreamedExample::label)
                .containsExactly("c", "b", "a");
    }

    @Test
    void tasksShareTheLabelsAndComeOneAfterTheOther() {
        TaskOrder order = TaskOrder.draw(EXAMPLES, 3, 1);
        List<List<StreamedExample>> parts = order.parts(EXAMPLES);

        assertThat(order.tasks()).extracting(Set::size).containsExactlyInAnyOrder(2, 2, 3);
        Set<String> all = new HashSet<>();
        order.tasks().forEach(all::addAll);
        assertThat(all).hasSize(7);
        for (int task = 0; task < 3; task++) {
            Set<String> labels = order.tasks().get(task);
            assertThat(parts.get(task))
                    .hasSize(30 * labels.size())
                    .allSatisfy(streamed -> assertThat(labels).contains(streamed.label()));
            // Random inside: its labels are not in blocks.
            assertThat(parts.get(task).subList(0, 30))
                    .extracting(StreamedExample::label)
                    .containsAll(labels);
        }
        assertThat(order.apply(EXAMPLES)).containsExactlyInAnyOrderElementsOf(EXAMPLES);
    }

    @Test
    void tasksAreThoseOfTheirSeed() {
        assertThat(TaskOrder.draw(EXAMPLES, 3, 1)).isEqualTo(TaskOrder.draw(EXAMPLES, 3, 1));
        assertThat(TaskOrder.draw(EXAMPLES, 3, 2).tasks())
                .isNotEqualTo(TaskOrder.draw(EXAMPLES, 3, 1).tasks());
    }

    @Test
    void byLabelIsOneLabelAfterTheOther() {
        List<StreamedExample> order = TaskOrder.byLabel(EXAMPLES, 1).apply(EXAMPLES);

        assertThat(order).containsExactlyInAnyOrderElementsOf(EXAMPLES);
        int changes = 0;
        for (int i = 1; i < order.size(); i++) {
            changes += order.get(i).label().equals(order.get(i - 1).label()) ? 0 : 1;
        }
        assertThat(changes).isEqualTo(6);
        assertThat(order.stream().map(StreamedExample::label).distinct().toList())
                .isNotEqualTo(List.of(InventedStream.labels(7)));
    }

    @Test
    void eachTaskNeedsALabel() {
        assertThatThrownBy(() -> TaskOrder.draw(EXAMPLES, 8, 1))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("--tasks 8: there are 7 labels");
    }
}
