package dev.millrace.trainer;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A model between two steps: all that its training needs to go on, as one thing. Immutable.
 *
 * <p>How far the ledger was folded in is not part of it: that is the position in the version's record, so that the same
 * examples make the same checkpoint wherever they lie.
 *
 * @param learner what it knows
 * @param steering how it learns what comes next
 * @param newestExample the latest time any of its examples came to be, or null when it has none
 * @param lastLoss of the last step, in nats; NaN before the first
 * @param setAsideInARow how many mini-batches were set aside since the last one that was learned: where training stops
 *     must not depend on where it was started
 */
record Checkpoint(
        LearnerState learner, Steering steering, @Nullable Instant newestExample, double lastLoss, int setAsideInARow) {

    /** A model that has seen nothing. */
    static Checkpoint fresh(LearnerState nothing, Recipe recipe) {
        return new Checkpoint(nothing, Steering.by(recipe), null, Double.NaN, 0);
    }
}
