package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.TokenIds;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RehearsalTest {

    /** Exceeded by chance once in a thousand, at 39 degrees of freedom; the seeds are fixed. */
    private static final double CHI_SQUARE_39 = 72.05;

    private static final List<Selection> ALL =
            List.of(Selection.of("uniform"), Selection.of("balanced"), Selection.of("loss"));
    private static final Selection UNIFORM = ALL.get(0);
    private static final Selection BALANCED = ALL.get(1);
    private static final Selection LOSS = ALL.get(2);

    @Test
    void uniformKeepsEachExampleAsLikelyAsAnyOther() {
        int[] kept = new int[40];
        for (int round = 0; round < 4000; round++) {
            count(kept, filled(UNIFORM, 10, 40, new SplittableRandom(round)));
        }
        assertThat(chiSquare(kept, 1000)).isLessThan(CHI_SQUARE_39);
    }

    @Test
    void balancedKeepsAsManyOfARareLabelAsOfAFrequentOneAndOfEachAUniformSample() {
        int[] kept = new int[80];
        for (int round = 0; round < 4000; round++) {
            // Every eighth is rare: 10 of 80, of which 8 would be kept; of the others 8 of 70.
            Rehearsal memory = fed(BALANCED, 16, 80, i -> i % 8 == 7 ? 1 : 0, i -> 1, new SplittableRandom(round));
            assertThat(memory.count("0")).isEqualTo(8);
            assertThat(memory.count("1")).isEqualTo(8);
            count(kept, memory);
        }
        // The rare ones are few: each is kept with 8 of 10, and the frequent ones with 8 of 70.
        for (int i = 0; i < 80; i++) {
            assertThat(kept[i] / 4000.0)
                    .as("example %s", i)
                    .isBetween(i % 8 == 7 ? 0.74 : 0.09, i % 8 == 7 ? 0.87 : 0.14);
        }
    }

    @Test
    void balancedGivesALabelThatComesLateItsShare() {
        Rehearsal memory = fed(BALANCED, 30, 300, i -> i < 200 ? i % 2 : 2, i -> 1, new SplittableRandom(7));
        assertThat(List.of(memory.count("0"), memory.count("1"), memory.count("2")))
                .allSatisfy(count -> assertThat(count).isBetween(9, 11));
        assertThat(memory.size()).isEqualTo(30);
    }

    @Test
    void lossAwareKeepsTheHardOnesLonger() {
        int hard = 0;
        for (int round = 0; round < 100; round++) {
            Rehearsal memory = fed(LOSS, 20, 200, i -> 0, i -> i % 2, new SplittableRandom(round));
            hard += (int) memory.state().kept().stream()
                    .filter(item -> item.lastLoss() > 0.5)
                    .count();
        }
        assertThat(hard / 2000.0).isGreaterThan(0.75);
    }

    @Test
    void drawsEachExampleAsLikelyAsAnyOther() {
        Rehearsal memory = filled(UNIFORM, 40, 40, new SplittableRandom(1));
        int[] drawn = new int[40];
        RandomGenerator random = new SplittableRandom(2);
        for (int round = 0; round < 4000; round++) {
            memory.draw(10, random).forEach(place -> drawn[place]++);
        }
        assertThat(chiSquare(drawn, 1000)).isLessThan(CHI_SQUARE_39);
    }

    @Test
    void drawsDifferentExamplesAndNoMoreThanThereAre() {
        Rehearsal memory = filled(UNIFORM, 10, 6, new SplittableRandom(1));
        assertThat(memory.draw(4, new SplittableRandom(3))).hasSize(4).doesNotHaveDuplicates();
        assertThat(memory.draw(100, new SplittableRandom(3))).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
        assertThat(memory.draw(0, new SplittableRandom(3))).isEmpty();
        assertThat(filled(UNIFORM, 10, 0, new SplittableRandom(1)).draw(4, new SplittableRandom(3)))
                .isEmpty();
    }

    @Test
    void isBoundedAndCountsWhatItWasOffered() {
        for (Selection selection : ALL) {
            RehearsalState state =
                    filled(selection, 10, 1000, new SplittableRandom(1)).state();
            assertThat(state.kept()).hasSize(10).doesNotHaveDuplicates();
            assertThat(state.offered()).isEqualTo(1000);
            assertThat(filled(selection, 0, 5, new SplittableRandom(1)).state().kept())
                    .isEmpty();
        }
    }

    @Test
    void goesOnFromAStateAsIfItHadNeverStopped() {
        Random cuts = new Random(5);
        for (int round = 0; round < 50; round++) {
            for (Selection selection : ALL) {
                int cut = cuts.nextInt(100);
                RandomGenerator straight = new SplittableRandom(round);
                RandomGenerator again = new SplittableRandom(round);
                Rehearsal one = filled(selection, 10, 100, straight);

                Rehearsal first = filled(selection, 10, cut, again);
                Rehearsal second = new Rehearsal(10, selection, first.state());
                IntStream.range(cut, 100).forEach(i -> offer(second, i, i % 3, i % 5, again));

                assertThat(second.state()).isEqualTo(one.state());
                assertThat(second.draw(4, again)).isEqualTo(one.draw(4, straight));
            }
        }
    }

    @Test
    void keepsAUniformSubsetWhenItsCapacityIsLoweredAndAllWhenItsSelectionChanges() {
        int[] kept = new int[40];
        for (int round = 0; round < 4000; round++) {
            RehearsalState all =
                    filled(UNIFORM, 20, 40, new SplittableRandom(round)).state();
            Rehearsal smaller = Rehearsal.resumed(10, BALANCED, all, new SplittableRandom(-round - 1));
            assertThat(smaller.state().kept())
                    .hasSize(10)
                    .doesNotHaveDuplicates()
                    .isSubsetOf(all.kept());
            count(kept, smaller);
            assertThat(Rehearsal.resumed(20, LOSS, all, new SplittableRandom(1)).state())
                    .isEqualTo(all);
        }
        assertThat(chiSquare(kept, 1000)).isLessThan(CHI_SQUARE_39);
    }

    @Test
    void fillsPlacesAgainThatWereFreed() {
        for (Selection selection : ALL) {
            SplittableRandom random = new SplittableRandom(3);
            Rehearsal memory = filled(selection, 30, 300, random);
            int others = 30 - memory.count("1");
            assertThat(memory.drop(item -> item.label().equals("1") && item.number() < 290))
                    .isPositive();
            assertThat(memory.state().kept())
                    .filteredOn(item -> item.label().equals("1"))
                    .allSatisfy(item -> assertThat(item.number()).isGreaterThanOrEqualTo(290));
            assertThat(memory.size() - memory.count("1")).isEqualTo(others);

            int free = 30 - memory.size();
            IntStream.range(300, 300 + free).forEach(i -> offer(memory, i, 1, 1, random));
            assertThat(memory.size()).isEqualTo(30);
            assertThat(memory.count("1")).isGreaterThanOrEqualTo(free);
        }
    }

    @Test
    void renamesAndRetiresLabels() {
        SplittableRandom random = new SplittableRandom(3);
        Rehearsal memory = filled(BALANCED, 30, 300, random);
        RehearsalState before = memory.state();
        memory.rename("1", "one");
        assertThat(memory.count("1")).isZero();
        assertThat(memory.count("one")).isEqualTo((int)
                before.kept().stream().filter(item -> item.label().equals("1")).count());
        assertThat(memory.seen("one")).isEqualTo(100);
        assertThat(memory.isFull("one")).isTrue();

        memory.retire("one", 0);
        assertThat(memory.state().kept()).extracting(Remembered::label).containsOnly("0", "2");
        assertThat(memory.seen("one")).isZero();
        assertThat(memory.seen("0")).isEqualTo(100);
    }

    @Test
    void givesExamplesAnotherLabelAsIfTheyHadJustCome() {
        Rehearsal memory = filled(UNIFORM, 30, 30, new SplittableRandom(3));
        List<Remembered> moved = memory.reassign(item -> item.label().equals("1") && item.number() <= 15, "1", "2");
        assertThat(moved).extracting(Remembered::number).containsExactly(2L, 5L, 8L, 11L, 14L);
        assertThat(moved).extracting(Remembered::label).containsOnly("1");
        assertThat(memory.state().kept())
                .filteredOn(item ->
                        item.example().tokens().get(0) % 3 == 1 && item.label().equals("2"))
                .hasSize(5)
                .allSatisfy(item -> assertThat(item.number()).isEqualTo(30));
        assertThat(List.of(memory.count("1"), memory.count("2"))).containsExactly(5, 15);
        assertThat(List.of(memory.seen("1"), memory.seen("2"))).containsExactly(5L, 15L);

        // 30 is the number of one that came and of five that were given another label.
        assertThat(memory.newest(25, 10))
                .extracting(example -> example.tokens().get(0))
                .containsExactly(29, 28, 27, 26, 25, 24);
        assertThat(memory.newest(25, 2)).hasSize(2);
        assertThat(memory.lastBefore("1", 28)).isEqualTo(26);
        assertThat(memory.lastBefore("1", 10)).isZero();
    }

    @Test
    void refusesWhatItHasNoPlaceFor() {
        RehearsalState three = filled(UNIFORM, 3, 3, new SplittableRandom(1)).state();
        assertThatThrownBy(() -> new Rehearsal(2, UNIFORM, three))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("capacity 2 cannot hold 3");
    }

    private static Rehearsal filled(Selection selection, int capacity, int offered, RandomGenerator random) {
        return fed(selection, capacity, offered, i -> i % 3, i -> i % 5, random);
    }

    private static Rehearsal fed(
            Selection selection,
            int capacity,
            int offered,
            IntUnaryOperator label,
            IntUnaryOperator loss,
            RandomGenerator random) {
        Rehearsal memory = new Rehearsal(capacity, selection, RehearsalState.NOTHING);
        IntStream.range(0, offered).forEach(i -> offer(memory, i, label.applyAsInt(i), loss.applyAsInt(i), random));
        return memory;
    }

    private static void offer(Rehearsal memory, int item, int label, int loss, RandomGenerator random) {
        memory.offer(new TrainingExample(TokenIds.of(item), Integer.toString(label), 1), loss, Logits.NONE, random);
    }

    private static void count(int[] kept, Rehearsal memory) {
        memory.state().kept().forEach(item -> kept[item.example().tokens().get(0)]++);
    }

    private static double chiSquare(int[] counts, double expected) {
        double sum = 0;
        for (int count : counts) {
            sum += (count - expected) * (count - expected) / expected;
        }
        return sum;
    }
}
