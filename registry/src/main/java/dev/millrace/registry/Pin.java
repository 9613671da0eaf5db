package dev.millrace.registry;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Holds an alias at a version, whatever the alias itself points at and wherever it is moved meanwhile: the value under
 * {@code model@alias!pin}. A rollback is a pin, so a trainer that publishes at the same moment cannot undo it: it moves
 * the alias, which nobody follows until the pin is taken away.
 *
 * @param model the model's name
 * @param alias the alias that is held
 * @param version where
 * @param previous where the alias led before, or null when nobody knew
 * @param time when it was pinned
 * @param by who pinned it
 * @param reason why
 */
public record Pin(
        String model, String alias, long version, @Nullable Long previous, Instant time, String by, String reason)
        implements RegistryEntry {

    public Pin {
        if (version < 1) {
            throw new IllegalArgumentException("version must be >= 1, but is " + version);
        }
    }
}
