package dev.millrace.trainer;

import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Texts with the labels that they had before they were corrected, in order to drop what is remembered of them. What weights
 * and statistics have made of them stays in these: they know no single example. Immutable.
 *
 * @param wrong texts under their former labels, all of which are known, by the names that these have now
 */
record Retraction(List<TrainingExample> wrong) implements Predicate<TrainingExample> {

    Retraction {
        wrong = List.copyOf(wrong);
    }

    /** What some examples replace, as far as there can be anything to drop. */
    static Retraction of(List<TrainingExample> given, Labels labels) {
        return new Retraction(given.stream()
                .filter(example -> example.replaces() != null)
                .map(example -> new TrainingExample(
                        example.tokens(), labels.current(Objects.requireNonNull(example.replaces())), 1))
                .filter(example -> labels.indexOf(example.label()) != Labels.UNKNOWN)
                .toList());
    }

    /** Drops it from all that remembers single examples. */
    void from(Rehearsal rehearsal, Holdout holdout, Voting voting, Labels labels) {
        rehearsal.retract(this);
        holdout.retract(this);
        voting.retract(wrong, labels);
    }

    /** Whether an example is one of them, whoever sent it. */
    @Override
    public boolean test(TrainingExample example) {
        return wrong.stream()
                .anyMatch(former -> former.label().equals(example.label())
                        && former.tokens().equals(example.tokens()));
    }
}
