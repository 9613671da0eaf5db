package dev.millrace.trainer;

import dev.millrace.model.TokenIds;
import org.jspecify.annotations.Nullable;

/**
 * A labelled example as the network takes it.
 *
 * @param tokens of its text
 * @param label the answer
 * @param weight how much it counts in the loss, beside the others of its mini-batch; below 1e-6 it counts as that, above
 *     1e6 too
 * @param replaces the label that its text had before and should not have had, or null; once that is done with, null
 */
record TrainingExample(
        TokenIds tokens,
        String label,
        double weight,
        @Nullable String replaces) {

    TrainingExample(TokenIds tokens, String label, double weight) {
        this(tokens, label, weight, null);
    }

    TrainingExample renamed(String name) {
        return name.equals(label) ? this : new TrainingExample(tokens, name, weight);
    }
}
