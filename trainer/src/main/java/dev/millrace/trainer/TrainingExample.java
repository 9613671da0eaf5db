package dev.millrace.trainer;

import dev.millrace.model.TokenIds;

/**
 * A labelled example as the network takes it.
 *
 * @param tokens of its text
 * @param label the answer
 * @param weight how much it counts in the loss, beside the others of its mini-batch; below 1e-6 it counts as that, above
 *     1e6 too
 */
record TrainingExample(TokenIds tokens, String label, double weight) {

    TrainingExample renamed(String name) {
        return name.equals(label) ? this : new TrainingExample(tokens, name, weight);
    }
}
