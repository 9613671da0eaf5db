package dev.millrace.trainer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whose texts the former texts of a label are now, after its meaning has changed: those of the label whose newest examples
 * look most like them.
 */
final class Succession {

    /** Of how many of the newest examples it is told. */
    static final int EVIDENCE = 256;

    /** From which share of the neighbours' votes on an example looks like the label. */
    private static final double LIKE = 0.5;

    private Succession() {}

    private record Count(int examples, int like) {

        Count plus(Count other) {
            return new Count(examples + other.examples, like + other.like);
        }

        boolean isMoreThan(Count other) {
            return like != other.like ? like > other.like : examples < other.examples;
        }
    }

    /**
     * Finds it.
     *
     * @param label that has changed
     * @param since examples of other labels since then
     * @param likeness of each to the former texts of the label, from 0 to 1; empty when nobody can tell
     * @return a label of which at least one example, and half of all, look like them; empty where their like comes no more
     */
    static Optional<String> of(String label, List<TrainingExample> since, List<Double> likeness) {
        Map<String, Count> counts = new TreeMap<>();
        for (int i = 0; i < likeness.size(); i++) {
            counts.merge(since.get(i).label(), new Count(1, likeness.get(i) >= LIKE ? 1 : 0), Count::plus);
        }
        counts.remove(label);
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue().like() > 0
                        && 2 * entry.getValue().like() >= entry.getValue().examples())
                .reduce((best, other) -> other.getValue().isMoreThan(best.getValue()) ? other : best)
                .map(Map.Entry::getKey);
    }
}
