package dev.millrace.trainer;

import dev.millrace.trainer.Adwin.Bucket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DriftWatch} at one moment.
 *
 * @param windows over answers, one for each label that was answered and one for all
 * @param suspectedSince the number of the first example after the latest drift over all labels; 0 when there was none
 * @param suspectedThrough the number of the last example that is judged with that in mind
 * @param raisedThrough the number of the last example that is learned with a raised rate; 0 when there never was one
 * @param thawedThrough the number of the last example that all layers learn alike; 0 when there never was one
 */
record DriftState(
        List<Window> windows, long suspectedSince, long suspectedThrough, long raisedThrough, long thawedThrough) {

    static final DriftState NOTHING = new DriftState(List.of(), 0, 0, 0, 0);

    /** The buckets of one window, oldest first; of all labels when the label is null. */
    record Window(@Nullable String label, List<Bucket> buckets) {

        Window {
            buckets = List.copyOf(buckets);
        }
    }

    DriftState {
        windows = List.copyOf(windows);
    }
}
