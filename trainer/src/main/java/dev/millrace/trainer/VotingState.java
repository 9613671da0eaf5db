package dev.millrace.trainer;

import dev.millrace.model.Tensor;
import dev.millrace.model.Voters;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a {@link Voting} knows at one moment.
 *
 * @param served what answers are made with, as it goes into a version
 * @param linear what else the linear voter knows; empty when there is none
 * @param weights how much each opinion weighs, and how firmly
 * @param correct how many answers of each opinion were right, by its name
 * @param calibration of the pooled answers
 * @param offered how many examples the neighbours were drawn from
 */
record VotingState(
        Voters served,
        List<Tensor> linear,
        PoolWeights weights,
        Map<String, Long> correct,
        Calibration calibration,
        long offered) {

    VotingState {
        linear = List.copyOf(linear);
        // In the order of the names, for it is written like that.
        correct = Collections.unmodifiableMap(new TreeMap<>(correct));
    }
}
