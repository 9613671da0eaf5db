package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.Adwin.Bucket;
import dev.millrace.trainer.Adwin.Change;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AdwinTest {

    private static final double CONFIDENCE = 0.01;

    @Test
    void isCalmWhereNothingChanges() {
        for (double rate : new double[] {0.02, 0.1, 0.5}) {
            long calm = LongStream.rangeClosed(1, 100)
                    .filter(seed -> firstChange(new Adwin(List.of()), 0, 20_000, rate, seed)
                            .isEmpty())
                    .count();
            assertThat(calm).as("seeds of 100 without an alarm at %s", rate).isGreaterThanOrEqualTo(97);
        }
    }

    @Test
    void seesAJumpSoonAndSaysWhereItWas() {
        for (long seed = 1; seed <= 100; seed++) {
            Adwin window = new Adwin(List.of());
            firstChange(window, 0, 1000, 0.1, seed);
            Optional<Found> found = firstChange(window, 1000, 200, 0.6, seed + 1000);

            assertThat(found).as("seed %s", seed).hasValueSatisfying(jump -> {
                assertThat(jump.answers()).isLessThan(60);
                assertThat(jump.change().isWorse()).isTrue();
                assertThat(jump.change().after().first())
                        .as("to the border of a bucket")
                        .isBetween(930L, 1040L);
            });
        }
    }

    @Test
    void needsAHandfulOfAnswersWhereAlmostAllTurnWrong() {
        // One label of many: few examples so far, and from one moment on all that was right is wrong.
        for (long seed = 1; seed <= 100; seed++) {
            Adwin window = new Adwin(List.of());
            firstChange(window, 0, 60, 0.1, seed);
            assertThat(firstChange(window, 60, 40, 0.97, seed + 1000))
                    .as("seed %s", seed)
                    .hasValueSatisfying(jump -> assertThat(jump.answers()).isLessThan(15));
        }
    }

    @Test
    void tellsAnImprovementFromADecline() {
        Adwin window = new Adwin(List.of());
        firstChange(window, 0, 300, 0.6, 1);
        assertThat(firstChange(window, 300, 200, 0.1, 2))
                .hasValueSatisfying(
                        found -> assertThat(found.change().isWorse()).isFalse());
    }

    @Test
    void keepsEveryAnswerOfItsWindowInFewBuckets() {
        Adwin window = new Adwin(List.of());
        long errors = 0;
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 100_000; i++) {
            boolean wrong = random.nextDouble() < 0.3;
            errors += wrong ? 1 : 0;
            assertThat(window.add(i, wrong, 1e-9)).isEmpty();
        }
        List<Bucket> buckets = window.buckets();
        assertThat(buckets).hasSizeLessThan(5 * 17);
        assertThat(buckets.stream().mapToLong(Bucket::size).sum()).isEqualTo(100_000);
        assertThat(buckets.stream().mapToLong(Bucket::errors).sum()).isEqualTo(errors);
        long next = 0;
        for (Bucket bucket : buckets) {
            assertThat(bucket.first()).isEqualTo(next);
            assertThat(Long.bitCount(bucket.size())).isEqualTo(1);
            next += bucket.size();
        }
    }

    @Test
    void goesOnFromItsBucketsAsIfItHadNeverStopped() {
        Adwin straight = new Adwin(List.of());
        Adwin resumed = new Adwin(List.of());
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 3000; i++) {
            boolean wrong = random.nextDouble() < (i < 2000 ? 0.1 : 0.5);
            resumed = new Adwin(resumed.buckets());
            assertThat(resumed.add(i, wrong, CONFIDENCE)).isEqualTo(straight.add(i, wrong, CONFIDENCE));
        }
        assertThat(resumed.buckets()).isEqualTo(straight.buckets());
        assertThat(straight.buckets().get(0).first()).isGreaterThan(1900);
    }

    /** A change, and after how many answers it was found. */
    private record Found(int answers, Change change) {}

    private static Optional<Found> firstChange(Adwin window, long from, int count, double rate, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) {
            Optional<Change> change = window.add(from + i, random.nextDouble() < rate, CONFIDENCE);
            if (change.isPresent()) {
                return Optional.of(new Found(i + 1, change.get()));
            }
        }
        return Optional.empty();
    }
}
