package dev.millrace.trainer;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.TokenIds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What of one model is not learned yet, in the order of the log, and where the next mini-batch ends.
 *
 * <p>A mini-batch closes when it is full, when the log's own time shows that its first example is too old, before an
 * example that replaces one of it, or before anything that is no example; so the same log gives the same mini-batches. Where something else closes one, that is an
 * entry too, and whoever folds the log again puts it there again. Not thread-safe.
 */
final class Ledger {

    private final OffsetRanges forgotten;
    private final Deque<LedgerEntry> script;
    private final Deque<LedgerEntry> pending = new ArrayDeque<>();
    private int examples;
    private int batchSize;
    private Duration maxBatchAge;
    private double holdoutShare;
    private long nextOffset;

    /**
     * A ledger whose next record is expected at an offset or after it.
     *
     * @param recipe says where mini-batches close
     * @param nextOffset that offset
     * @param forgotten offsets whose examples are left out
     * @param script what is to be met beside the records: each entry before the first record at its offset or after it
     */
    Ledger(Recipe recipe, long nextOffset, OffsetRanges forgotten, Collection<LedgerEntry> script) {
        this.batchSize = recipe.batchSize();
        this.maxBatchAge = recipe.maxBatchAge();
        this.holdoutShare = recipe.holdoutShare();
        this.nextOffset = nextOffset;
        this.forgotten = forgotten;
        this.script = new ArrayDeque<>(script.stream()
                .sorted(Comparator.comparingLong(LedgerEntry::offset))
                .toList());
    }

    /** Closes mini-batches by another recipe from here on. */
    void use(Recipe recipe) {
        batchSize = recipe.batchSize();
        maxBatchAge = recipe.maxBatchAge();
        holdoutShare = recipe.holdoutShare();
    }

    /** Takes a record; one from before the expected offset is part of the model already and is left out. */
    void append(long offset, Instant timestamp, LedgerRecord entry) {
        append(offset, timestamp, entry, null);
    }

    /** The same of a record whose text, where it has one, may be tokenized already. */
    void append(long offset, Instant timestamp, LedgerRecord entry, @Nullable TokenIds tokens) {
        if (offset < nextOffset) {
            return;
        }
        reach(offset);
        nextOffset = offset + 1;
        if (entry instanceof ControlRecord control) {
            pending.addLast(new LedgerEntry.Control(offset, control));
        } else if (entry instanceof LabelledExample example && !forgotten.contains(offset)) {
            pending.addLast(new LedgerEntry.Example(offset, timestamp, example, tokens));
            examples++;
        }
        reach(nextOffset);
    }

    /** Tells that there is no record before an offset any more, so that what the script has up to there is met. */
    void reach(long offset) {
        while (!script.isEmpty() && script.getFirst().offset() <= offset) {
            pending.addLast(script.removeFirst());
        }
    }

    /** What comes next, if it is no example: taken out. */
    Optional<LedgerEntry> nextEvent() {
        LedgerEntry first = pending.peekFirst();
        if (first == null || first instanceof LedgerEntry.Example) {
            return Optional.empty();
        }
        return Optional.of(pending.removeFirst());
    }

    /** The next mini-batch, if it is closed and nothing else comes before it. */
    Optional<MiniBatch> next() {
        int closed = closedLength();
        if (closed == 0) {
            return Optional.empty();
        }
        List<LedgerEntry.Example> entries = new ArrayList<>();
        List<LedgerEntry.Example> heldOut = new ArrayList<>();
        for (int i = 0; i < closed; i++) {
            LedgerEntry.Example example = (LedgerEntry.Example) pending.removeFirst();
            (isHeldOut(example) ? heldOut : entries).add(example);
        }
        examples -= closed;
        return Optional.of(new MiniBatch(entries, heldOut));
    }

    /** Closes the mini-batch that is open here and now; does nothing when none is. */
    void closeEarly() {
        if (pending.peekLast() instanceof LedgerEntry.Example) {
            pending.addLast(new LedgerEntry.EarlyBoundary(nextOffset));
        }
    }

    /** Forgets what waits, to be given everything from an offset on again. */
    void rewindTo(long offset) {
        pending.clear();
        examples = 0;
        nextOffset = offset;
    }

    boolean hasNext() {
        return !pending.isEmpty() && (!(pending.getFirst() instanceof LedgerEntry.Example) || closedLength() > 0);
    }

    /** Whether nothing waits here, nor is to come beside the records. */
    boolean isEmpty() {
        return pending.isEmpty() && script.isEmpty();
    }

    /** How many examples wait. */
    int size() {
        return examples;
    }

    private boolean isHeldOut(LedgerEntry.Example example) {
        return example.place() < holdoutShare;
    }

    /** What is held out lies in a mini-batch, but has no say in where it ends: it must not shape what is learned. */
    private int closedLength() {
        int length = 0;
        int learned = 0;
        Instant began = Instant.MAX;
        for (LedgerEntry entry : pending) {
            if (learned == batchSize
                    || !(entry instanceof LedgerEntry.Example example)
                    || replacesOneOfTheFirst(length, example.example())) {
                return length;
            }
            if (!isHeldOut(example)) {
                began = learned == 0 ? example.timestamp() : began;
                if (Duration.between(began, example.timestamp()).compareTo(maxBatchAge) >= 0) {
                    return length;
                }
                learned++;
            }
            length++;
        }
        return learned == batchSize ? length : 0;
    }

    private boolean replacesOneOfTheFirst(int length, LabelledExample correction) {
        return correction.replaces() != null
                && pending.stream()
                        .limit(length)
                        .anyMatch(entry -> entry instanceof LedgerEntry.Example waiting
                                && waiting.example().text().equals(correction.text())
                                && waiting.example().label().equals(correction.replaces()));
    }
}
