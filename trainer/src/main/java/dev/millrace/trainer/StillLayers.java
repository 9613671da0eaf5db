package dev.millrace.trainer;

import java.util.function.IntUnaryOperator;

/**
 * Layers without a learning rate. As long as they are the same from step to step, nothing changes in them; so what was
 * found out about them holds until there are others. It depends on weights and rates alone, and is no part of a state.
 *
 * @param count of the lowest layers that do not learn
 * @param published how many of these are as the base was published
 */
record StillLayers(int count, int published) {

    /** Nothing was looked at. */
    static final StillLayers UNKNOWN = new StillLayers(-1, 0);

    /** What holds for the next step, in which {@code now} layers do not learn; {@code look} compares that many at most. */
    StillLayers next(int now, IntUnaryOperator look) {
        return now == count ? this : new StillLayers(now, look.applyAsInt(now));
    }
}
