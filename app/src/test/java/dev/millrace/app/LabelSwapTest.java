package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelSwapTest {

    private static final List<StreamedExample> EXAMPLES = InventedStream.of(4, InventedStream.labels(25));

    @Test
    void tenPairsSwapTheirNamesFromAMomentOn() {
        LabelSwap swap = LabelSwap.draw(EXAMPLES, 0.5, 1);
        List<StreamedExample> changed = swap.apply(EXAMPLES);

        assertThat(swap.from()).isEqualTo(50);
        assertThat(swap.partners()).hasSize(20).allSatisfy((label, partner) -> {
            assertThat(partner).isNotEqualTo(label);
            assertThat(swap.after(partner)).isEqualTo(label);
        });
        assertThat(changed.subList(0, 50)).isEqualTo(EXAMPLES.subList(0, 50));
        for (int i = 50; i < 100; i++) {
            String before = EXAMPLES.get(i).label();
            assertThat(changed.get(i).label()).isEqualTo(swap.after(before));
            // The new name is right from then on.
            assertThat(changed.get(i).trueLabel()).isEqualTo(swap.after(before));
            assertThat(changed.get(i).id()).isEqualTo(EXAMPLES.get(i).id());
        }
        assertThat(changed.subList(50, 100)).isNotEqualTo(EXAMPLES.subList(50, 100));
    }

    @Test
    void theOthersKeepTheirNames() {
        LabelSwap swap = LabelSwap.draw(EXAMPLES, 0.5, 1);
        assertThat(List.of(InventedStream.labels(25)).stream()
                        .filter(label -> swap.after(label).equals(label)))
                .hasSize(5);
    }

    @Test
    void fewerLabelsMakeFewerPairs() {
        assertThat(LabelSwap.draw(InventedStream.of(3, "a", "b", "c"), 0.5, 1).partners())
                .hasSize(2);
        assertThatThrownBy(() -> LabelSwap.draw(InventedStream.of(3, "a"), 0.5, 1))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("two labels are needed");
    }

    @Test
    void thePairsAreThoseOfTheSeed() {
        assertThat(LabelSwap.draw(EXAMPLES, 0.5, 1)).isEqualTo(LabelSwap.draw(EXAMPLES, 0.5, 1));
        assertThat(LabelSwap.draw(EXAMPLES, 0.5, 2).partners())
                .isNotEqualTo(LabelSwap.draw(EXAMPLES, 0.5, 1).partners());
    }
}
