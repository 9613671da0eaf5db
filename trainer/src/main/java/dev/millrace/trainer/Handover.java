package dev.millrace.trainer;

import dev.millrace.model.Network;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What is remembered of a label whose meaning has changed goes to the label that has such texts since, or is dropped where
 * none has; the voters forget it and learn again what is so now.
 *
 * <p>Costs the published base at most {@value Succession#EVIDENCE} texts, {@value Succession#SAMPLE} and twice {@value
 * #MOST_TAUGHT_AGAIN} for each label that changes. Not thread-safe.
 */
final class Handover {

    /** How many of the newest examples of a label voters learn again. */
    private static final int MOST_TAUGHT_AGAIN = 256;

    private final Network network;
    private final Recipe recipe;
    private final Labels labels;
    private final Rehearsal rehearsal;
    private Voting voting;

    /** Of a memory and of voters, which are replaced by {@link #voting}. */
    Handover(Network network, Recipe recipe, Labels labels, Rehearsal rehearsal, Voting voting) {
        this.network = network;
        this.recipe = recipe;
        this.labels = labels;
        this.rehearsal = rehearsal;
        this.voting = voting;
    }

    /** The voters that know what is so now. */
    Voting voting() {
        return voting;
    }

    /**
     * Hands over the past of a label, and of those labels that have taken over what it meant or whose texts it took over:
     * they have changed as well, and once they answer that right, nothing would show it.
     *
     * @param label that was found to have changed
     * @param since the number of its first example after that
     * @param suspected the number from which on the answers to all labels were worse; none that there is, if they were not
     * @return the labels that have changed
     */
    Set<String> begin(String label, long since, long suspected) {
        // The change lies behind the last example of the label from before it, and all labels together tell it closer.
        long change = Math.max(rehearsal.lastBefore(label, since) + 1, Math.min(since, suspected));
        Set<String> established = rehearsal.labelsBeyond(rehearsal.newest(change, Succession.EVIDENCE));
        Succession seen = succession(change, established);
        Deque<String> open = new ArrayDeque<>();
        seen.before(label).filter(other -> isTold(other, change)).ifPresent(open::add);
        handOver(label, since, seen).ifPresent(open::add);
        Set<String> changed = new LinkedHashSet<>(Set.of(label));
        while (!open.isEmpty()) {
            String other = open.remove();
            if (rehearsal.lastBefore(other, change) > 0 && changed.add(other)) {
                handOver(other, change, succession(change, established)).ifPresent(open::add);
            }
        }
        return changed;
    }

    private Succession succession(long since, Set<String> established) {
        List<TrainingExample> examples = rehearsal.newest(since, Succession.EVIDENCE);
        return new Succession(examples, voting.likeness(examples, labels), labels, established);
    }

    /** Whether the voters know the former texts of a label by one another. */
    private boolean isTold(String label, long since) {
        List<TrainingExample> past = rehearsal.newestBefore(label, since, Succession.SAMPLE);
        return Succession.isTold(voting.likeness(past, labels), labels.indexOf(label));
    }

    /** Says to whom, if it is not dropped. */
    private Optional<String> handOver(String label, long since, Succession seen) {
        Predicate<Remembered> isStale = past -> past.label().equals(label) && past.number() < since;
        Optional<String> successor = isTold(label, since) ? seen.after(label) : Optional.empty();
        List<TrainingExample> again = new ArrayList<>();
        successor.ifPresent(other -> {
            List<Remembered> moved = rehearsal.reassign(isStale, label, other);
            moved.subList(Math.max(0, moved.size() - MOST_TAUGHT_AGAIN), moved.size())
                    .forEach(past -> again.add(past.example().renamed(other)));
        });
        rehearsal.drop(isStale);
        int index = labels.indexOf(label);
        rehearsal.forgetLogits(index);
        again.addAll(rehearsal.newest(label, MOST_TAUGHT_AGAIN));
        VotingState without = VotesWithout.examplesOf(index, voting.snapshot(labels.size()));
        voting.close();
        voting = Voting.restored(network, recipe, without);
        voting.teachAgain(again, labels);
        return successor;
    }
}
