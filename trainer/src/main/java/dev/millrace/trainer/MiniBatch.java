package dev.millrace.trainer;

import java.time.Instant;
import java.util.List;

/**
 * Examples that are learned in one step.
 *
 * @param entries in the order of the log, at least one
 */
record MiniBatch(List<LedgerEntry.Example> entries) {

    MiniBatch {
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new IllegalArgumentException("a mini-batch must have at least one example");
        }
    }

    /** The offset of its first example. */
    long offset() {
        return entries.get(0).offset();
    }

    /** The offset after its last example. */
    long nextOffset() {
        return entries.get(entries.size() - 1).offset() + 1;
    }

    /** The time of its first example, by the log. */
    Instant firstTimestamp() {
        return entries.get(0).timestamp();
    }

    /** The time of its last example, by the log. */
    Instant lastTimestamp() {
        return entries.get(entries.size() - 1).timestamp();
    }
}
