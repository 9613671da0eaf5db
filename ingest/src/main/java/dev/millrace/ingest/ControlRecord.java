package dev.millrace.ingest;

import java.time.Instant;
import java.util.Map;

/**
 * A record of the ledger that says how to learn what follows it. It takes effect between two mini-batches: the one before
 * it is closed, whatever its size. Immutable.
 *
 * @param model whose training it steers; never blank
 * @param action what to do
 * @param time when it was asked for, by the clock of whoever did; informative only
 * @param by who asked for it
 * @param reason why
 */
public record ControlRecord(String model, Action action, Instant time, String by, String reason)
        implements LedgerRecord {

    public ControlRecord {
        if (model.isBlank()) {
            throw new IllegalArgumentException("model must not be blank");
        }
    }

    /** What a control record asks for. */
    public sealed interface Action {

        /** {@return the word for it, as commands and the JSON have it} */
        String verb();
    }

    /**
     * From here on, these settings of the recipe hold.
     *
     * @param settings new values by name, such as {@code encoder-learning-rate}; at least one
     */
    public record Set(Map<String, String> settings) implements Action {

        public Set {
            settings = Map.copyOf(settings);
            if (settings.isEmpty()) {
                throw new IllegalArgumentException("settings must name at least one setting");
            }
        }

        @Override
        public String verb() {
            return "set";
        }
    }

    /** What follows waits in the ledger until a {@link Resume} comes, and is then learned as if nothing had been. */
    public record Pause() implements Action {
        @Override
        public String verb() {
            return "pause";
        }
    }

    /** Ends a {@link Pause} or a {@link Freeze}. */
    public record Resume() implements Action {
        @Override
        public String verb() {
            return "resume";
        }
    }

    /** What follows is answered and counted, but not learned, until a {@link Resume} comes. */
    public record Freeze() implements Action {
        @Override
        public String verb() {
            return "freeze";
        }
    }

    /** Makes a version of what was learned up to here. */
    public record Checkpoint() implements Action {
        @Override
        public String verb() {
            return "checkpoint";
        }
    }

    /**
     * Makes a version that never saw some of the examples before this record, and goes on from it. Whoever folds the
     * ledger later leaves them out as well.
     *
     * @param offsets of these examples in this partition; at least one
     * @param selection how they were chosen, for people, such as {@code source crm}
     */
    public record Forget(OffsetRanges offsets, String selection) implements Action {

        public Forget {
            if (offsets.isEmpty()) {
                throw new IllegalArgumentException("offsets must name at least one offset");
            }
        }

        @Override
        public String verb() {
            return "forget";
        }
    }

    /**
     * From here on the label is no answer any more, and its past examples are not learned again. A later example that has
     * it brings it back, anew.
     *
     * @param label which; never blank
     */
    public record RetireLabel(String label) implements Action {

        public RetireLabel {
            requireLabel("label", label);
        }

        @Override
        public String verb() {
            return "retire-label";
        }
    }

    /**
     * From here on the label is called otherwise. What was learned of it stays, and later examples that have the old name
     * count as if they had the new one.
     *
     * @param label its name so far; never blank
     * @param to its new name, which no other label has; never blank
     */
    public record RenameLabel(String label, String to) implements Action {

        public RenameLabel {
            requireLabel("label", label);
            requireLabel("to", to);
            if (label.equals(to)) {
                throw new IllegalArgumentException("to must be another name than '" + label + "'");
            }
        }

        @Override
        public String verb() {
            return "rename-label";
        }
    }

    private static void requireLabel(String name, String label) {
        if (label.isBlank() || !Characters.atMost(LabelledExample.MAX_LABEL_CHARACTERS, label)) {
            throw new IllegalArgumentException(name + " must be a label, not blank and of at most "
                    + LabelledExample.MAX_LABEL_CHARACTERS + " characters");
        }
    }
}
