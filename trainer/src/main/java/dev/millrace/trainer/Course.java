package dev.millrace.trainer;

import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.Lineage.Intervention;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The way along the ledger that a training takes, as far as the ledger itself does not show it. Immutable.
 *
 * @param fromOffset where it begins
 * @param fromBase whether the model begins there too
 * @param script what is met beside the records, each at its offset
 * @param forgotten offsets whose examples are left out
 * @param horizon the offset before which no version is made
 */
record Course(long fromOffset, boolean fromBase, List<LedgerEntry> script, OffsetRanges forgotten, long horizon) {

    private static final String OFFSETS = "offsets";

    Course {
        script = List.copyOf(script);
    }

    /** A model that begins at an offset. */
    static Course beginning(long offset) {
        return new Course(offset, true, List.of(), OffsetRanges.NONE, 0);
    }

    /**
     * On from where a checkpoint was taken, by the settings that the trainer has now.
     *
     * @throws IllegalArgumentException when these cannot change during the life of a model
     */
    static Course onwards(long offset, Steering steering, Recipe configured) {
        Map<String, String> changes = steering.configured().differencesTo(configured);
        steering.reconfigured(changes);
        return new Course(
                offset,
                false,
                changes.isEmpty() ? List.of() : List.of(new LedgerEntry.Reconfigured(offset, changes)),
                OffsetRanges.NONE,
                0);
    }

    /**
     * A stretch of the ledger once more.
     *
     * @param fromOffset where it begins
     * @param fromBase whether the model begins there too
     * @param lineages what came to pass on that stretch the last time
     * @param forgotten what must not be met again
     * @param horizon the offset before which no version is made
     */
    static Course again(
            long fromOffset, boolean fromBase, Collection<Lineage> lineages, OffsetRanges forgotten, long horizon) {
        List<LedgerEntry> script = new ArrayList<>();
        for (Lineage lineage : lineages) {
            lineage.earlyBoundaries().forEach(offset -> script.add(new LedgerEntry.EarlyBoundary(offset)));
            for (Intervention intervention : lineage.interventions()) {
                boolean begins = fromBase && intervention.offset() == fromOffset;
                if (intervention.action().equals(Lineage.RECONFIGURED) && !begins) {
                    script.add(new LedgerEntry.Reconfigured(intervention.offset(), intervention.detail()));
                }
            }
        }
        return new Course(fromOffset, fromBase, script, forgotten, horizon);
    }

    /** Whether this stretch was taken before: whatever waited then has had its turn. */
    boolean isAgain() {
        return horizon > 0;
    }

    /** What an intervention says of a control record that asked to forget. */
    static Map<String, String> detail(OffsetRanges offsets, String selection) {
        return Map.of(OFFSETS, offsets.toString(), "selection", selection);
    }

    /** All that was to be forgotten on a stretch. */
    static OffsetRanges forgotten(Collection<Lineage> lineages) {
        OffsetRanges all = OffsetRanges.NONE;
        for (Lineage lineage : lineages) {
            for (Intervention intervention : lineage.interventions()) {
                if (intervention.detail().containsKey(OFFSETS)) {
                    all = all.and(OffsetRanges.parse(intervention.detail().getOrDefault(OFFSETS, "")));
                }
            }
        }
        return all;
    }
}
