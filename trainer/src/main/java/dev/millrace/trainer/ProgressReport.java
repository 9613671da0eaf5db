package dev.millrace.trainer;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a trainer tells the {@code training-progress} topic of a model: where it stands, and what came since the report
 * before. Reports may be lost; what counts from the base on is therefore in each of them. Immutable.
 *
 * @param model which model
 * @param instance who trains it: the name of the process, or an invented one
 * @param time of the report, by the trainer's clock
 * @param partition of the ledger that the offsets are in
 * @param standing how far the model is
 * @param lag records of its partition that are not trained on yet, or null while that is not known
 * @param elapsed since the report before, or since the model was opened
 * @param news what came in that time
 */
public record ProgressReport(
        String model,
        String instance,
        Instant time,
        int partition,
        Standing standing,
        @Nullable Long lag,
        Duration elapsed,
        News news) {

    /** How many wrong answers a report holds at most. */
    public static final int MOST_MISTAKES = 200;

    /** How many labels a report tells of at most; those beyond are in the next. */
    public static final int MOST_LABELS = 1_000;

    public ProgressReport {
        if (model.isBlank()) {
            throw new IllegalArgumentException("model must not be blank");
        }
        if (elapsed.isNegative()) {
            throw new IllegalArgumentException("elapsed must not be negative, but is " + elapsed);
        }
    }

    /**
     * What came since the report before.
     *
     * @param examples that were answered one by one, so that their answers are known
     * @param drifts that were found
     * @param labels how their examples were answered, by the label that is right
     * @param mistakes the wrong answers among them, in the order of the log: all, or a uniform sample of {@value
     *     #MOST_MISTAKES}
     * @param mistakesLeftOut wrong answers that are not in the sample
     */
    public record News(
            long examples,
            List<Found> drifts,
            SortedMap<String, Tally> labels,
            List<AnsweredExample> mistakes,
            long mistakesLeftOut) {

        /** Nothing. */
        public static final News NONE = new News(0, List.of(), new TreeMap<>(), List.of(), 0);

        public News {
            drifts = List.copyOf(drifts);
            labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
            mistakes = List.copyOf(mistakes);
        }
    }

    /**
     * A drift.
     *
     * @param label whose answers became worse, or null for those of all labels
     * @param since the number of the first example after the change, among all that were learned since the base, from 1
     */
    public record Found(@Nullable String label, long since) {}

    /**
     * How many examples were answered, and how many of them right.
     *
     * @param answered 0 or more
     * @param correct 0 to {@code answered}
     */
    public record Tally(long answered, long correct) {

        /** None. */
        public static final Tally NONE = new Tally(0, 0);

        public Tally {
            if (correct < 0 || correct > answered) {
                throw new IllegalArgumentException(
                        "correct must be 0 to answered, but they are " + correct + " and " + answered);
            }
        }

        /**
         * Both together.
         *
         * @param other to add
         * @return the sum
         */
        public Tally plus(Tally other) {
            return new Tally(answered + other.answered, correct + other.correct);
        }
    }
}
