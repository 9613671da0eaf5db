package dev.millrace.model;

import java.util.List;

/**
 * The answer for one text.
 *
 * @param scores of all labels, the most likely first; never empty
 */
public record Prediction(List<Score> scores) {

    /**
     * How likely one label is.
     *
     * @param label which
     * @param confidence from 0 to 1; those of all labels add up to 1
     */
    public record Score(String label, double confidence) {}

    public Prediction {
        scores = List.copyOf(scores);
        if (scores.isEmpty()) {
            throw new IllegalArgumentException("a prediction must have at least one score");
        }
    }

    /** {@return the most likely label} */
    public String label() {
        return scores.get(0).label();
    }

    /** {@return how likely it is, from 0 to 1} */
    public double confidence() {
        return scores.get(0).confidence();
    }
}
