package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SheddingTest {

    private static final int BOUND = 1000;
    private static final double LEAST = 0.05;
    private static final int MANY = 20_000;

    /** A ledger, and a trainer that makes versions of it. */
    private static final class Trained implements Backlog {

        private long behind;
        private boolean isSilent;

        @Override
        public OptionalLong behind(String model) {
            return isSilent ? OptionalLong.empty() : OptionalLong.of(behind);
        }

        @Override
        public void written(String model) {
            behind++;
        }
    }

    private final Trained trained = new Trained();
    private final Shedding shedding = new Shedding(new IngestSettings.Shedding("trainers", BOUND, LEAST), trained);

    @Test
    void takesAllUpToTheBoundAndWhileNothingIsKnown() {
        trained.behind = BOUND + 1 - MANY;
        assertThat(taken("a", MANY)).hasSize(MANY);
        assertThat(taken("b", MANY)).hasSizeLessThan(MANY);

        trained.isSilent = true;
        assertThat(taken("c", MANY)).hasSize(MANY);
    }

    @ParameterizedTest
    @CsvSource({"1000, 1", "1250, 0.75", "1500, 0.5", "1900, 0.1", "1950, 0.05", "2000, 0.05", "1000000, 0.05"})
    void takesAShareThatFallsFromTheBoundToTwiceTheBound(long behind, double share) {
        assertThat((double) takenAt(behind, "support").size() / MANY).isCloseTo(share, within(0.01));
    }

    @Test
    void decidesTheSameAgainAndTakesOfALargerShareAllThatASmallerOneHas() {
        Set<String> half = takenAt(1500, "support");
        assertThat(takenAt(1500, "support")).isEqualTo(half);
        assertThat(half).containsAll(takenAt(1900, "support"));
        assertThat(takenAt(1500, "sales")).isNotEqualTo(half);
    }

    /** Versions come every 200 examples, and the backlog falls by that at once; between them it only rises. */
    @ParameterizedTest
    @CsvSource({"1, 0, 1000", "2, 1000, 2000", "10, 1000, 2000", "15, 1000, 2000"})
    void holdsTheLagBetweenTheBoundAndTwiceTheBound(int examplesForOneLearned, long least, long most) {
        int versionEvery = 200;
        long lowest = Long.MAX_VALUE;
        long highest = 0;
        for (int learned = 1; learned <= MANY; learned++) {
            for (int i = 0; i < examplesForOneLearned; i++) {
                shedding.takes("support", "id-" + learned + "-" + i);
            }
            trained.behind -= learned % versionEvery == 0 ? versionEvery : 0;
            if (learned > MANY / 2) {
                lowest = Math.min(lowest, trained.behind);
                highest = Math.max(highest, trained.behind);
            }
        }
        assertThat(lowest).isGreaterThanOrEqualTo(least - versionEvery);
        assertThat(highest).isLessThanOrEqualTo(most + versionEvery);
    }

    private Set<String> takenAt(long behind, String model) {
        Set<String> all = new HashSet<>();
        for (int i = 0; i < MANY; i++) {
            trained.behind = behind;
            if (shedding.takes(model, "id-" + i)) {
                all.add("id-" + i);
            }
        }
        return all;
    }

    private Set<String> taken(String prefix, int count) {
        Set<String> all = new HashSet<>();
        IntStream.range(0, count)
                .mapToObj(i -> prefix + i)
                .filter(id -> shedding.takes("support", id))
                .forEach(all::add);
        return all;
    }
}
