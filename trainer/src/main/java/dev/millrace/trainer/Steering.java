package dev.millrace.trainer;

import java.util.Map;

/**
 * How a model learns what comes next. Immutable.
 *
 * @param recipe that holds now
 * @param configured what the trainer was started with: when it is started with something else, that changes the recipe,
 *     and only what is different changes
 * @param paused whether what follows waits: it does not change by itself, but by what is met next
 * @param frozen whether what follows is answered but not learned
 */
record Steering(Recipe recipe, Recipe configured, boolean paused, boolean frozen) {

    static Steering by(Recipe recipe) {
        return new Steering(recipe, recipe, false, false);
    }

    Steering set(Map<String, String> settings) {
        return new Steering(recipe.with(settings), configured, paused, frozen);
    }

    Steering reconfigured(Map<String, String> settings) {
        return new Steering(recipe.with(settings), configured.with(settings), paused, frozen);
    }

    Steering paused(boolean now) {
        return new Steering(recipe, configured, now, frozen);
    }

    Steering frozen(boolean now) {
        return new Steering(recipe, configured, paused, now);
    }
}
