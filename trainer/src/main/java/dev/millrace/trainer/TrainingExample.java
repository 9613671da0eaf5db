package dev.millrace.trainer;

import dev.millrace.model.TokenIds;

/**
 * A labelled example as the network takes it.
 *
 * @param tokens of its text
 * @param label the answer
 * @param weight how much it counts in the loss
 */
record TrainingExample(TokenIds tokens, String label, double weight) {}
