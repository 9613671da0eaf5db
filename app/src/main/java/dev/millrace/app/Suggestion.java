package dev.millrace.app;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;

/** Guesses which known name somebody meant. */
final class Suggestion {

    // Below this, a guess is more often odd than helpful.
    private static final double ALIKE = 0.87;

    private Suggestion() {}

    /**
     * The known name most like a word. A name without its group counts as the name.
     *
     * @param word what was written
     * @param known what could have been meant
     * @return the likeliest, or empty when none is alike
     */
    static Optional<String> nearest(String word, Collection<String> known) {
        return known.stream()
                .map(name -> new Candidate(name, likeness(word, name)))
                .filter(candidate -> candidate.likeness >= ALIKE)
                .max(Comparator.comparingDouble(Candidate::likeness))
                .map(Candidate::name);
    }

    private static double likeness(String word, String name) {
        JaroWinklerSimilarity similarity = new JaroWinklerSimilarity();
        String written = bare(word);
        String lastPart = name.substring(name.lastIndexOf('.') + 1);
        return Math.max(similarity.apply(written, bare(name)), 0.99 * similarity.apply(written, bare(lastPart)));
    }

    private static String bare(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_.]", "");
    }

    private record Candidate(String name, double likeness) {}
}
