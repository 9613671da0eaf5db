package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import java.time.Instant;
import java.util.List;

/**
 * Examples that are learned in one step.
 *
 * @param examples in the order of the log, at least one
 * @param nextOffset the offset after the last of them
 * @param firstTimestamp of the first, by the log
 * @param lastTimestamp of the last, by the log
 * @param early whether something other than the log closed it, so that its boundary has to be remembered
 */
record MiniBatch(
        List<LabelledExample> examples, long nextOffset, Instant firstTimestamp, Instant lastTimestamp, boolean early) {

    MiniBatch {
        examples = List.copyOf(examples);
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("a mini-batch must have at least one example");
        }
    }
}
