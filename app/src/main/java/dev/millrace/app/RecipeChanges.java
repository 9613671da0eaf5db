package dev.millrace.app;

import dev.millrace.trainer.Recipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Settings of a recipe, as people write them on a command line. */
final class RecipeChanges {

    private RecipeChanges() {}

    /**
     * Reads them; they are checked here, where a person can still mend them.
     *
     * @param assignments each NAME=VALUE; the name may have {@code trainer.} before it
     * @param recipe what they change
     * @return the new values by their names, as a recipe writes them
     * @throws CommandException when one is no setting, or not as it must be
     */
    static Map<String, String> read(List<String> assignments, Recipe recipe) {
        try {
            return check(assigned(assignments), recipe);
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * What is assigned, as it was written.
     *
     * @param assignments each NAME=VALUE
     * @return the values by their names; of several the last
     * @throws CommandException when one is none
     */
    static Map<String, String> assigned(List<String> assignments) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String assignment : assignments) {
            String[] parts = assignment.split("=", 2);
            if (parts.length < 2) {
                throw new CommandException("a setting must be NAME=VALUE, but is " + assignment);
            }
            given.remove(parts[0]);
            given.put(parts[0], parts[1]);
        }
        return given;
    }

    /**
     * Checks settings that were given by name.
     *
     * @param given the values by their names, which may have {@code trainer.} before them
     * @param recipe what they change
     * @return the new values by their names, as a recipe writes them
     * @throws IllegalArgumentException when one is no setting, or not as it must be
     */
    static Map<String, String> check(Map<String, String> given, Recipe recipe) {
        Map<String, String> changes = new TreeMap<>();
        given.forEach((name, value) -> changes.put(name(name), value(name(name), value)));
        Map<String, String> checked = recipe.with(changes).asMap();
        changes.replaceAll((name, value) -> checked.getOrDefault(name, value));
        return changes;
    }

    private static String name(String given) {
        String bare = given.strip().replaceFirst("^(recipe|trainer)\\.", "");
        return bare.equals("learning-rate") ? "encoder-learning-rate" : bare;
    }

    private static String value(String name, String given) {
        if (!name.equals("max-batch-age")) {
            return given.strip();
        }
        try {
            return DurationText.parse(given).toString();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("max-batch-age: " + e.getMessage(), e);
        }
    }
}
