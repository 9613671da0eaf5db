package dev.millrace.app.console;

import java.util.List;
import java.util.SortedSet;

/** Answers texts with the versions that this process serves. Implementations are thread-safe. */
public interface Answers {

    /**
     * What a version says of a text.
     *
     * @param version that answered
     * @param top the likeliest labels, best first; one at least
     */
    record Answer(long version, List<Ranked> top) {

        /** Copies the labels. */
        public Answer {
            top = List.copyOf(top);
        }
    }

    /**
     * A label and how much the version believes in it.
     *
     * @param label a name
     * @param confidence from 0 to 1
     */
    record Ranked(String label, double confidence) {}

    /** {@return the models that this process serves; none when it was started without the role score} */
    SortedSet<String> models();

    /**
     * Answers one text.
     *
     * @param model one of {@link #models}
     * @param text not blank
     * @param top how many labels to rank, at least 1
     * @return the answer
     * @throws dev.millrace.registry.Problem with status 503 while no version is served, or too many texts wait
     */
    Answer answer(String model, String text, int top);
}
