package dev.millrace.trainer;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Examples that are learned in one step, and those between them that never are.
 *
 * @param entries to learn, in the order of the log
 * @param heldOut to be answered alone, in the order of the log; there is at least one example in all
 */
record MiniBatch(List<LedgerEntry.Example> entries, List<LedgerEntry.Example> heldOut) {

    MiniBatch {
        entries = List.copyOf(entries);
        heldOut = List.copyOf(heldOut);
        if (entries.isEmpty() && heldOut.isEmpty()) {
            throw new IllegalArgumentException("a mini-batch must have at least one example");
        }
    }

    private List<LedgerEntry.Example> all() {
        List<LedgerEntry.Example> all = new ArrayList<>(entries);
        all.addAll(heldOut);
        all.sort(Comparator.comparingLong(LedgerEntry.Example::offset));
        return all;
    }

    private LedgerEntry.Example last() {
        return all().get(size() - 1);
    }

    /** How many examples it has in all. */
    int size() {
        return entries.size() + heldOut.size();
    }

    /** The offset of its first example. */
    long offset() {
        return all().get(0).offset();
    }

    /** The offset after its last example. */
    long nextOffset() {
        return last().offset() + 1;
    }

    /** Where it lies, in words. */
    String place() {
        return "offsets " + offset() + " to " + (nextOffset() - 1);
    }

    /** The time of its first example, by the log. */
    Instant firstTimestamp() {
        return all().get(0).timestamp();
    }

    /** The time of its last example, by the log. */
    Instant lastTimestamp() {
        return last().timestamp();
    }
}
