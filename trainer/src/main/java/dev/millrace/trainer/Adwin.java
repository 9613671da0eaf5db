package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A window over a stream of right and wrong answers that drops its older part as soon as the newer part shows another
 * rate of errors (adaptive windowing: Bifet and Gavaldà 2007).
 *
 * <p>The window is an exponential histogram: at most {@value #BUCKETS_OF_A_SIZE} buckets of each power of two, so that n
 * answers take O(log n) memory and the newest are told apart one by one. Every border of two buckets may be a cut. A cut
 * is judged by the likelihood ratio of two rates against one, the sharp form for answers that are right or wrong (Besson
 * and Kaufmann 2022); the paper's own bounds hold for any numbers between 0 and 1, and need three times as many answers to
 * see a rate jump from a tenth to nearly one. Deterministic. Not thread-safe.
 */
final class Adwin {

    static final int BUCKETS_OF_A_SIZE = 5;

    /**
     * Some consecutive answers.
     *
     * @param first the number of the first one, as it was given
     * @param size how many they are
     * @param errors how many of them were wrong
     */
    record Bucket(long first, long size, long errors) {

        Bucket and(Bucket newer) {
            return new Bucket(first, size + newer.size, errors + newer.errors);
        }

        double rate() {
            return (double) errors / size;
        }
    }

    /** What was dropped from the window, and what is left: each as if it were one bucket. */
    record Change(Bucket before, Bucket after) {

        boolean isWorse() {
            return after.rate() > before.rate();
        }
    }

    /** Oldest first. */
    private final List<Bucket> buckets;

    /** A window that holds these buckets, oldest first; none for a new one. */
    Adwin(List<Bucket> buckets) {
        this.buckets = new ArrayList<>(buckets);
    }

    List<Bucket> buckets() {
        return List.copyOf(buckets);
    }

    /**
     * Takes one more answer.
     *
     * @param number of the answer; grows from one to the next
     * @param wrong whether it was an error
     * @param confidence the chance of a false alarm that is accepted in the life of a window, above 0 and below 1
     * @return what was cut off, if the rate has changed
     */
    Optional<Change> add(long number, boolean wrong, double confidence) {
        buckets.add(new Bucket(number, 1, wrong ? 1 : 0));
        compress();
        return cut(confidence);
    }

    private void compress() {
        int last = buckets.size() - 1;
        while (last >= 0) {
            int first = last;
            while (first > 0
                    && buckets.get(first - 1).size() == buckets.get(last).size()) {
                first--;
            }
            if (last - first < BUCKETS_OF_A_SIZE) {
                return;
            }
            buckets.set(first, buckets.get(first).and(buckets.remove(first + 1)));
            last = first;
        }
    }

    private Optional<Change> cut(double confidence) {
        if (buckets.size() < 2) {
            return Optional.empty();
        }
        double answers = (double) all().size();
        return cut(0, buckets.size() - 1, StrictMath.log(2 * answers * (1 + StrictMath.log(answers)) / confidence));
    }

    /**
     * Cuts where something else says that the rate may have changed: there, less is needed to be sure.
     *
     * @param number of the first answer after that
     * @param likelihood how many times likelier than one rate two of them must be, as a logarithm
     * @return what was cut off, if the rate has changed there
     */
    Optional<Change> cutAt(long number, double likelihood) {
        int place = 0;
        while (place < buckets.size() && buckets.get(place).first() < number) {
            place++;
        }
        return place == 0 || place == buckets.size() ? Optional.empty() : cut(place - 1, place, likelihood);
    }

    /** Cuts at the best of some borders: those behind the buckets from one place to before another. */
    private Optional<Change> cut(int from, int to, double likelihood) {
        Bucket all = all();
        double largest = likelihood;
        int place = 0;
        Bucket older = new Bucket(all.first(), 0, 0);
        for (int i = 0; i < to; i++) {
            older = older.and(buckets.get(i));
            Bucket newer = new Bucket(buckets.get(i + 1).first(), all.size() - older.size, all.errors() - older.errors);
            // The chi-square distance is an upper bound of the ratio and needs no logarithm.
            if (i >= from && chiSquare(older, newer, all) > largest) {
                double ratio = logLikelihood(older) + logLikelihood(newer) - logLikelihood(all);
                if (ratio > largest) {
                    largest = ratio;
                    place = i + 1;
                }
            }
        }
        if (place == 0) {
            return Optional.empty();
        }
        List<Bucket> dropped = buckets.subList(0, place);
        Bucket before = sum(dropped);
        dropped.clear();
        return Optional.of(new Change(before, all()));
    }

    private Bucket all() {
        return sum(buckets);
    }

    private static double chiSquare(Bucket older, Bucket newer, Bucket all) {
        double difference = older.rate() - newer.rate();
        double variance = all.rate() * (1 - all.rate());
        return difference == 0 ? 0 : older.size * (newer.size / (double) all.size) * difference * difference / variance;
    }

    private static Bucket sum(List<Bucket> some) {
        return some.stream().reduce(Bucket::and).orElseThrow();
    }

    /** Of some answers under their own rate of errors, in nats. */
    private static double logLikelihood(Bucket answers) {
        return part(answers.errors, answers.size) + part(answers.size - answers.errors, answers.size);
    }

    private static double part(long count, long size) {
        return count == 0 ? 0 : count * StrictMath.log((double) count / size);
    }
}
