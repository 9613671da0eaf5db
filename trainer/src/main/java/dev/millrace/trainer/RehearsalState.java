package dev.millrace.trainer;

import java.util.List;

/**
 * A {@link Rehearsal} at one moment.
 *
 * @param kept in the order of its places
 * @param offered how many examples it was offered since the base
 * @param tallies one for each label that it was offered
 */
record RehearsalState(List<Remembered> kept, long offered, List<Tally> tallies) {

    static final RehearsalState NOTHING = new RehearsalState(List.of(), 0, List.of());

    /**
     * What is known of one label beside its examples.
     *
     * @param label whose
     * @param seen how many of its examples were offered, or left when some had to go
     * @param full whether it has had the most places since there were none free
     */
    record Tally(String label, long seen, boolean full) {}

    RehearsalState {
        kept = List.copyOf(kept);
        tallies = List.copyOf(tallies);
    }
}
