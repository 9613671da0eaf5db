package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;

class LongTailTest {

    @Test
    void sizesFallExponentially() {
        List<StreamedExample> examples = InventedStream.of(400, InventedStream.labels(5));
        List<StreamedExample> tail = new LongTail(100, 1).apply(examples);

        // 400 · 100^(−k/4)
        assertThat(InventedStream.sizes(tail).values()).containsExactlyInAnyOrder(400L, 126L, 40L, 13L, 4L);
        assertThat(InventedStream.idsOf(tail))
                .as("the order stays")
                .isSubsetOf(InventedStream.idsOf(examples))
                .isSortedAccordingTo((one, other) -> Integer.compare(number(one), number(other)));
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring("id-".length()));
    }

    @Test
    void whatStaysIsThatOfTheSeed() {
        List<StreamedExample> examples = InventedStream.of(40, InventedStream.labels(5));
        assertThat(new LongTail(10, 1).apply(examples)).isEqualTo(new LongTail(10, 1).apply(examples));
        assertThat(new LongTail(10, 2).apply(examples)).isNotEqualTo(new LongTail(10, 1).apply(examples));
    }

    @Test
    void ranksFollowTheSizesAndNoLabelIsLost() {
        List<StreamedExample> examples = new ArrayList<>();
        int[] sizes = {3, 100, 20};
        for (int label = 0; label < sizes.length; label++) {
            for (int i = 0; i < sizes[label]; i++) {
                examples.add(InventedStream.example(examples.size(), "label " + label));
            }
        }
        Collection<Long> left =
                InventedStream.sizes(new LongTail(1000, 1).apply(examples)).values();
        // 100, 100 / √1000 and less than one, which becomes one.
        assertThat(left).containsExactlyInAnyOrder(100L, 3L, 1L);
        assertThat(InventedStream.sizes(new LongTail(10, 1).apply(examples)))
                .as("no more than there are")
                .containsEntry("label 2", 20L)
                .containsEntry("label 0", 3L);
    }
}
