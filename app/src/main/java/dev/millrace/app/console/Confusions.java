package dev.millrace.app.console;

import dev.millrace.trainer.AnsweredExample;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which labels are taken for which. Of rare pairs the rarest are forgotten. Immutable.
 *
 * @param counts of wrong answers, at most {@value #MOST_PAIRS} pairs
 */
record Confusions(Map<Pair, Long> counts) {

    static final int MOST_PAIRS = 1_000;

    static final Confusions NONE = new Confusions(Map.of());

    private static final Comparator<Confusion> WORST_FIRST = Comparator.comparingLong(Confusion::count)
            .reversed()
            .thenComparing(Confusion::label)
            .thenComparing(Confusion::answer);

    /**
     * One label taken for another.
     *
     * @param label that is right
     * @param answer that was given
     */
    record Pair(String label, String answer) {}

    /**
     * How often one label was taken for another, among the wrong answers that were reported.
     *
     * @param label that is right
     * @param answer that was given
     * @param count of such answers
     */
    record Confusion(String label, String answer, long count) {}

    Confusions {
        counts = Collections.unmodifiableMap(counts);
    }

    Confusions plus(List<AnsweredExample> mistakes) {
        if (mistakes.isEmpty()) {
            return this;
        }
        Map<Pair, Long> more = new HashMap<>(counts);
        for (AnsweredExample mistake : mistakes) {
            if (!mistake.answer().isEmpty()) {
                more.merge(new Pair(mistake.label(), mistake.answer()), 1L, Long::sum);
            }
        }
        if (more.size() > MOST_PAIRS) {
            Map<Pair, Long> kept = new HashMap<>();
            new Confusions(more)
                    .worst(MOST_PAIRS / 2)
                    .forEach(worst -> kept.put(new Pair(worst.label(), worst.answer()), worst.count()));
            return new Confusions(kept);
        }
        return new Confusions(more);
    }

    /** The most frequent, at most so many; the order of equals is that of their names. */
    List<Confusion> worst(int limit) {
        return counts.entrySet().stream()
                .map(entry ->
                        new Confusion(entry.getKey().label(), entry.getKey().answer(), entry.getValue()))
                .sorted(WORST_FIRST)
                .limit(limit)
                .toList();
    }
}
