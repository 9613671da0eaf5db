package dev.millrace.app;

import java.util.ArrayList;
import java.util.List;

/** The settings break rules; says all of them, one line each. */
final class SettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ArrayList<String> problems;

    /**
     * Makes one of all problems found.
     *
     * @param problems a line each: who said it, what, and the rule
     */
    SettingsException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = new ArrayList<>(problems);
    }

    List<String> problems() {
        return List.copyOf(problems);
    }
}
