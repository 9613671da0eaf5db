package dev.millrace.registry;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a version came from its parent: all that shaped it beside the examples between the parent's position and its own.
 * With these, and the ledger, whoever folds it again gets the same bytes. Immutable.
 *
 * @param fromOffset the first offset of the ledger that was folded in after the parent; for the first version of a model,
 *     where its line begins
 * @param interventions what was changed, and by whom, in the order of the ledger
 * @param earlyBoundaries the offsets at which a mini-batch was closed by something other than the log, ascending
 * @param setAside mini-batches that could not be learned, ascending
 */
public record Lineage(
        long fromOffset, List<Intervention> interventions, List<Long> earlyBoundaries, List<SetAside> setAside) {

    /** The {@link Intervention#action()} of settings that changed between two runs of the trainer. */
    public static final String RECONFIGURED = "reconfigured";

    /**
     * Something done to a training beside giving it examples.
     *
     * @param offset of the ledger before which it took effect
     * @param action the verb of a control record, or {@link #RECONFIGURED}
     * @param detail of the action by name: the new settings, or what was forgotten
     * @param time when it was asked for, or null where nobody's clock was read
     * @param by who did it
     * @param reason why
     */
    public record Intervention(
            long offset,
            String action,
            Map<String, String> detail,
            @Nullable Instant time,
            String by,
            String reason) {

        public Intervention {
            detail = Map.copyOf(detail);
        }
    }

    /**
     * A mini-batch that is not part of the version, although its examples lie in the ledger.
     *
     * @param offset of its first example
     * @param nextOffset the offset after its last
     * @param reason as the dead letters have it, such as {@code non_finite}
     */
    public record SetAside(long offset, long nextOffset, String reason) {}

    public Lineage {
        interventions = List.copyOf(interventions);
        earlyBoundaries = List.copyOf(earlyBoundaries);
        setAside = List.copyOf(setAside);
    }
}
