package dev.millrace.trainer;

import java.time.Duration;

/** Recipes for the tiny base: mini-batches of 8, and rates that a small random network needs. */
final class TinyRecipe {

    static final int BATCH = 8;

    private TinyRecipe() {}

    static Recipe standard() {
        return with(64, 0, 42);
    }

    static Recipe with(int rehearsalCapacity, int frozenLayers, long seed) {
        return new Recipe(
                BATCH, Duration.ofHours(1), 1, rehearsalCapacity, 2e-3, 10, 0.01, 1, 0, 0.9, 8, frozenLayers, 32, seed);
    }
}
