package dev.millrace.trainer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Which labels have taken over what others meant, told by the newest examples: whose former texts they look like.
 */
final class Succession {

    /** Of how many of the newest examples it is told at most. */
    static final int EVIDENCE = 256;

    /** By how many of its newest former texts it is seen whether a label can be told at all. */
    static final int SAMPLE = 64;

    /** From which share of the neighbours' votes on an example looks like a label. */
    private static final double LIKE = 0.5;

    /** Which share of its texts must look like a label. */
    private static final double TOLD = 0.7;

    private final List<TrainingExample> examples;
    private final List<double[]> likeness;
    private final Labels labels;
    private final Set<String> established;

    /**
     * Evidence.
     *
     * @param examples since a change
     * @param likeness of each to each label, from 0 to 1; empty when nobody can tell
     * @param established labels that have more examples than these: the first of a new one look like some other label,
     *     whatever they are
     */
    Succession(List<TrainingExample> examples, List<double[]> likeness, Labels labels, Set<String> established) {
        this.examples = likeness.isEmpty() ? List.of() : examples;
        this.likeness = likeness;
        this.labels = labels;
        this.established = established;
    }

    /** Whether most of some texts look like their label, by its index: else nothing that is told of others counts. */
    static boolean isTold(List<double[]> likeness, int label) {
        long like = likeness.stream().filter(shares -> shares[label] >= LIKE).count();
        return like > 0 && like >= TOLD * likeness.size();
    }

    /** How many examples there are, and how many of them look like something. */
    private record Count(int examples, int like) {

        Count plus(Count other) {
            return new Count(examples + other.examples, like + other.like);
        }

        boolean isHalf() {
            return like > 0 && 2 * like >= examples;
        }

        boolean isMoreThan(Count other) {
            return like != other.like ? like > other.like : examples < other.examples;
        }
    }

    /**
     * Whose the former texts of a label are now.
     *
     * @return of the labels of whose examples at least half look like them, the one with the most; empty where their like
     *     comes no more
     */
    Optional<String> after(String label) {
        Map<String, Count> counts = new TreeMap<>();
        for (int i = 0; i < examples.size(); i++) {
            counts.merge(examples.get(i).label(), new Count(1, isLike(i, label) ? 1 : 0), Count::plus);
        }
        counts.remove(label);
        counts.keySet().retainAll(established);
        return most(counts);
    }

    /**
     * Whose texts those of a label were before: the reverse, which is known sooner when the other label is rare.
     *
     * @return the label that at least two, and half, of its examples look like, unless that has such examples still
     */
    Optional<String> before(String label) {
        IntPredicate isOwn = i -> examples.get(i).label().equals(label);
        int own = count(isOwn);
        Map<String, Count> counts = new TreeMap<>();
        for (String other : labels.inOrder()) {
            int like = count(isOwn.and(i -> isLike(i, other)));
            if (like > 1) {
                counts.put(other, new Count(own, like));
            }
        }
        counts.remove(label);
        return most(counts).filter(other -> {
            IntPredicate isTheirs = i -> examples.get(i).label().equals(other);
            return !new Count(count(isTheirs), count(isTheirs.and(i -> isLike(i, other)))).isHalf();
        });
    }

    private boolean isLike(int example, String label) {
        return likeness.get(example)[labels.indexOf(label)] >= LIKE;
    }

    private int count(IntPredicate wanted) {
        return (int) IntStream.range(0, examples.size()).filter(wanted).count();
    }

    private static Optional<String> most(Map<String, Count> counts) {
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue().isHalf())
                .reduce((best, other) -> other.getValue().isMoreThan(best.getValue()) ? other : best)
                .map(Map.Entry::getKey);
    }
}
