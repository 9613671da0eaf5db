package dev.millrace.trainer;

import dev.millrace.registry.Lineage;
import java.util.List;

/**
 * What becomes a version: a checkpoint, where it stands in the ledger, and what came to pass since the one before.
 *
 * @param checkpoint the model
 * @param nextOffset the first offset of the ledger that is not part of it
 * @param lineage since the version before
 * @param deadLetters examples since then that could not be learned
 */
record Snapshot(Checkpoint checkpoint, long nextOffset, Lineage lineage, List<LedgerEntry.Example> deadLetters) {

    Snapshot {
        deadLetters = List.copyOf(deadLetters);
    }
}
