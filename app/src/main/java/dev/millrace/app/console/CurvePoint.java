package dev.millrace.app.console;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A place on the learning curve of a model. Accuracies are from 0 to 1, of answers given before their examples were learned.
 *
 * @param examples answered since the base
 * @param width how many of them this place stands for
 * @param time when that was reported
 * @param accuracy over all of them
 * @param windowAccuracy over the latest 200 or so at this place; the mean of it where places were merged
 * @param baselineAccuracy of the best learner on frozen embeddings, over all; null where there is none
 * @param baselineWindowAccuracy of that, over the same latest examples; null where there is none
 * @param loss of the latest step; the mean of it where places were merged
 */
record CurvePoint(
        long examples,
        long width,
        Instant time,
        double accuracy,
        double windowAccuracy,
        @Nullable Double baselineAccuracy,
        @Nullable Double baselineWindowAccuracy,
        double loss) {

    /** This place and the one behind it as one. */
    CurvePoint merged(CurvePoint later) {
        double own = (double) width / (width + later.width);
        return new CurvePoint(
                later.examples,
                width + later.width,
                later.time,
                later.accuracy,
                own * windowAccuracy + (1 - own) * later.windowAccuracy,
                later.baselineAccuracy,
                baselineWindowAccuracy == null || later.baselineWindowAccuracy == null
                        ? later.baselineWindowAccuracy
                        : Double.valueOf(own * baselineWindowAccuracy + (1 - own) * later.baselineWindowAccuracy),
                own * loss + (1 - own) * later.loss);
    }
}
