package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReservoirTest {

    /** Exceeded by chance once in a thousand, at 39 degrees of freedom; the seeds are fixed. */
    private static final double CHI_SQUARE_39 = 72.05;

    @Test
    void keepsEachItemAsLikelyAsAnyOther() {
        int[] kept = new int[40];
        for (int round = 0; round < 4000; round++) {
            for (int item : filled(10, 40, new SplittableRandom(round)).kept()) {
                kept[item]++;
            }
        }
        assertThat(chiSquare(kept, 1000)).isLessThan(CHI_SQUARE_39);
    }

    @Test
    void drawsEachItemAsLikelyAsAnyOther() {
        Reservoir<Integer> reservoir = filled(40, 40, new SplittableRandom(1));
        int[] drawn = new int[40];
        RandomGenerator random = new SplittableRandom(2);
        for (int round = 0; round < 4000; round++) {
            for (int item : reservoir.draw(10, random)) {
                drawn[item]++;
            }
        }
        assertThat(chiSquare(drawn, 1000)).isLessThan(CHI_SQUARE_39);
    }

    @Test
    void keepsAUniformSubsetWhenItsCapacityWasLowered() {
        int[] kept = new int[40];
        for (int round = 0; round < 4000; round++) {
            List<Integer> all = filled(20, 40, new SplittableRandom(round)).kept();
            Reservoir<Integer> smaller = Reservoir.resumed(10, all, 40, new SplittableRandom(-round - 1));
            assertThat(smaller.kept()).hasSize(10).doesNotHaveDuplicates().isSubsetOf(all);
            smaller.kept().forEach(item -> kept[item]++);
        }
        assertThat(chiSquare(kept, 1000)).isLessThan(CHI_SQUARE_39);
    }

    @Test
    void isBoundedAndCountsWhatItWasOffered() {
        Reservoir<Integer> reservoir = filled(10, 1000, new SplittableRandom(1));
        assertThat(reservoir.kept()).hasSize(10).doesNotHaveDuplicates();
        assertThat(reservoir.offered()).isEqualTo(1000);

        assertThat(filled(0, 5, new SplittableRandom(1)).kept()).isEmpty();
    }

    @Test
    void drawsDifferentItemsAndNoMoreThanThereAre() {
        Reservoir<Integer> reservoir = filled(10, 6, new SplittableRandom(1));
        assertThat(reservoir.draw(4, new SplittableRandom(3))).hasSize(4).doesNotHaveDuplicates();
        assertThat(reservoir.draw(100, new SplittableRandom(3))).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
        assertThat(reservoir.draw(0, new SplittableRandom(3))).isEmpty();
        assertThat(filled(10, 0, new SplittableRandom(1)).draw(4, new SplittableRandom(3)))
                .isEmpty();
    }

    @Test
    void goesOnFromWhatItKeptAsIfItHadNeverStopped() {
        Random cuts = new Random(5);
        for (int round = 0; round < 50; round++) {
            int cut = cuts.nextInt(100);
            RandomGenerator straight = new SplittableRandom(round);
            RandomGenerator resumed = new SplittableRandom(round);
            Reservoir<Integer> one = filled(10, 100, straight);

            Reservoir<Integer> first = filled(10, cut, resumed);
            Reservoir<Integer> second = Reservoir.resumed(10, first.kept(), first.offered(), new SplittableRandom(0));
            IntStream.range(cut, 100).forEach(item -> second.offer(item, resumed));

            assertThat(second.kept()).isEqualTo(one.kept());
            assertThat(second.offered()).isEqualTo(one.offered());
            assertThat(second.draw(4, resumed)).isEqualTo(one.draw(4, straight));
        }
    }

    @Test
    void refusesWhatItCannotHaveKept() {
        assertThatThrownBy(() -> new Reservoir<>(2, List.of(1, 2, 3), 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("capacity 2 cannot hold 3");
        assertThatThrownBy(() -> new Reservoir<>(5, List.of(1, 2, 3), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 of 2 offered");
    }

    private static Reservoir<Integer> filled(int capacity, int offered, RandomGenerator random) {
        Reservoir<Integer> reservoir = new Reservoir<>(capacity, new ArrayList<>(), 0);
        IntStream.range(0, offered).forEach(item -> reservoir.offer(item, random));
        return reservoir;
    }

    private static double chiSquare(int[] counts, double expected) {
        double sum = 0;
        for (int count : counts) {
            sum += (count - expected) * (count - expected) / expected;
        }
        return sum;
    }
}
