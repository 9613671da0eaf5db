package dev.millrace.trainer;

import dev.millrace.model.Tensor;
import java.util.List;

/**
 * All that a {@link Learner} knows at one moment, copied out of native memory. A learner made from it goes on as if it
 * had never stopped, to the bit on the same hardware.
 *
 * @param steps taken since the base
 * @param score so far
 * @param labels in the order of the head's rows
 * @param encoder every part of the trained layers
 * @param head every part of the head; empty before the first label
 * @param past what may be rehearsed
 * @param offered how many examples the rehearsal's sample was drawn from
 * @param voting what answers beside the classifier, and how much each counts
 */
record LearnerState(
        long steps,
        Prequential score,
        List<String> labels,
        List<Tensor> encoder,
        List<Tensor> head,
        List<TrainingExample> past,
        long offered,
        VotingState voting) {

    LearnerState {
        labels = List.copyOf(labels);
        encoder = List.copyOf(encoder);
        head = List.copyOf(head);
        past = List.copyOf(past);
    }
}
