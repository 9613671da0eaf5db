package dev.millrace.trainer;

import java.util.HashMap;
import java.util.Map;

/** Recipes for the tiny base: mini-batches of 8, and rates that a small random network needs. */
final class TinyRecipe {

    static final int BATCH = 8;

    private TinyRecipe() {}

    static Recipe standard() {
        return with(64, 0, 42);
    }

    static Recipe with(int rehearsalCapacity, int frozenLayers, long seed) {
        return with(Map.of(
                "rehearsal-capacity", Integer.toString(rehearsalCapacity),
                "frozen-layers", Integer.toString(frozenLayers),
                "seed", Long.toString(seed)));
    }

    static Recipe with(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "batch-size", Integer.toString(BATCH),
                "max-batch-age", "PT1H",
                "rehearsal-ratio", "1",
                "rehearsal-capacity", "64",
                "encoder-learning-rate", "2e-3",
                "layer-decay", "1",
                "label-smoothing", "0",
                "ema-decay", "0.9",
                "head-scale", "8",
                "max-tokens", "32"));
        all.putAll(settings);
        return Recipe.standardBut(all);
    }
}
