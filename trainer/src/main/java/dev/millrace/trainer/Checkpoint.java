package dev.millrace.trainer;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model between two steps: what it knows and how far the ledger was folded in, as one thing. Immutable.
 *
 * @param learner what it knows
 * @param nextOffset the first offset of the ledger that is not part of it
 * @param newestExample the latest time any of its examples came to be, or null when it has none
 * @param earlyBoundaries the offsets at which a mini-batch was closed by something other than the log, oldest first
 * @param lastLoss of the last step, in nats; NaN before the first
 */
record Checkpoint(
        LearnerState learner,
        long nextOffset,
        @Nullable Instant newestExample,
        List<Long> earlyBoundaries,
        double lastLoss) {

    Checkpoint {
        earlyBoundaries = List.copyOf(earlyBoundaries);
    }
}
