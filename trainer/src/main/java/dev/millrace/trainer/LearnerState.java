package dev.millrace.trainer;

import dev.millrace.model.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * All that a {@link Learner} knows at one moment, copied out of native memory. A learner made from it goes on as if it
 * had never stopped, to the bit on the same hardware.
 *
 * @param steps taken since the base
 * @param updatedAt the last of these after which weights were updated; the gradients of those since then wait
 * @param score so far
 * @param labels in the order of the head's rows
 * @param formerNames what a label that was renamed is called now, by what it was called before
 * @param encoder every part of the trained layers
 * @param head every part of the head; empty before the first label
 * @param rehearsal what may be learned again
 * @param drift what its answers were like
 * @param holdout the newest of the examples that are never learned
 * @param voting what answers beside the classifier, and how much each counts
 */
record LearnerState(
        long steps,
        long updatedAt,
        Prequential score,
        List<String> labels,
        Map<String, String> formerNames,
        List<Tensor> encoder,
        List<Tensor> head,
        RehearsalState rehearsal,
        DriftState drift,
        List<TrainingExample> holdout,
        VotingState voting) {

    LearnerState {
        labels = List.copyOf(labels);
        formerNames = Map.copyOf(formerNames);
        encoder = List.copyOf(encoder);
        head = List.copyOf(head);
        holdout = List.copyOf(holdout);
    }

    /** Finds one of some tensors by its name; it throws where there is none. */
    static Function<String, Tensor> byName(List<Tensor> tensors) {
        Map<String, Tensor> map = tensors.stream().collect(Collectors.toMap(Tensor::name, tensor -> tensor));
        return name -> {
            Tensor tensor = map.get(name);
            if (tensor == null) {
                throw new IllegalArgumentException("the training state has no tensor named " + name);
            }
            return tensor;
        };
    }
}
