package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The examples of one model that are not learned yet, in the order of the log, and where the next mini-batch ends.
 *
 * <p>A mini-batch closes when it is full, or when the log's own time shows that its first example is too old; so the
 * same log gives the same mini-batches. Only {@link #flush} closes one early; whoever calls it makes the boundary part of
 * a version. Not thread-safe.
 */
final class Ledger {

    private record Entry(long offset, Instant timestamp, LabelledExample example) {}

    private final int batchSize;
    private final Duration maxBatchAge;
    private final Deque<Entry> pending = new ArrayDeque<>();
    private long nextOffset;

    /** A ledger whose next record is expected at an offset or after it. */
    Ledger(int batchSize, Duration maxBatchAge, long nextOffset) {
        this.batchSize = batchSize;
        this.maxBatchAge = maxBatchAge;
        this.nextOffset = nextOffset;
    }

    /** Takes a record; one from before the expected offset is part of the model already and is left out. */
    void append(long offset, Instant timestamp, LabelledExample example) {
        if (offset < nextOffset) {
            return;
        }
        pending.addLast(new Entry(offset, timestamp, example));
        nextOffset = offset + 1;
    }

    /** The next mini-batch that the log itself has closed, or empty when none is closed yet. */
    Optional<MiniBatch> next() {
        int closed = closedLength();
        return closed == 0 ? Optional.empty() : Optional.of(take(closed, false));
    }

    /** Everything that waits, at most a full mini-batch, closed here and now; empty when nothing waits. */
    Optional<MiniBatch> flush() {
        int length = Math.min(batchSize, pending.size());
        return length == 0 ? Optional.empty() : Optional.of(take(length, true));
    }

    boolean hasNext() {
        return closedLength() > 0;
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }

    int size() {
        return pending.size();
    }

    private int closedLength() {
        int length = 0;
        for (Entry entry : pending) {
            if (length == batchSize) {
                return length;
            }
            if (length > 0 && age(entry).compareTo(maxBatchAge) >= 0) {
                return length;
            }
            length++;
        }
        return length == batchSize ? length : 0;
    }

    private Duration age(Entry entry) {
        return Duration.between(pending.getFirst().timestamp, entry.timestamp);
    }

    private MiniBatch take(int length, boolean early) {
        List<LabelledExample> examples = new ArrayList<>(length);
        Instant first = pending.getFirst().timestamp;
        Entry last = pending.getFirst();
        for (int i = 0; i < length; i++) {
            last = pending.removeFirst();
            examples.add(last.example);
        }
        return new MiniBatch(examples, last.offset + 1, first, last.timestamp, early);
    }
}
