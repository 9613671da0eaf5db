package dev.millrace.registry;

import java.time.Instant;

/**
 * A cut-over: whoever follows an alias of a model is served what the same alias of another model leads to. The value under
 * {@code model!successor}. The aliases of the model itself stay as they are, for its trainer goes on, and are followed
 * again when this is taken away.
 *
 * <p>It is followed once: the successor of a successor is not looked for.
 *
 * @param model whose aliases are followed elsewhere
 * @param successor where
 * @param time when that was decided
 * @param by who decided it
 * @param reason why
 */
public record Successor(String model, String successor, Instant time, String by, String reason)
        implements RegistryEntry {

    public Successor {
        if (model.equals(successor)) {
            throw new IllegalArgumentException("a model must not be its own successor, but " + model + " is");
        }
        if (!RegistryKey.NAME_PATTERN.matcher(successor).matches()) {
            throw new IllegalArgumentException(
                    "successor must match " + RegistryKey.NAME + ", but is '" + successor + "'");
        }
    }

    static Successor read(JsonFields fields) {
        return new Successor(
                fields.text("model"),
                fields.text("successor"),
                fields.instant("time"),
                fields.text("by"),
                fields.text("reason"));
    }
}
