package dev.millrace.registry;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Takes an alias, the pin on it, or a job out of the registry.
 *
 * @param what is taken away
 * @param model the model's name
 * @param alias the alias; empty where it is about none
 * @param previous where it led, or null when nobody knew
 * @param time when
 * @param by who did it
 * @param reason why
 */
public record Removal(
        What what, String model, String alias, @Nullable Long previous, Instant time, String by, String reason) {

    /** What can be removed. */
    public enum What {
        /** The alias itself; a pin on it stays. */
        ALIAS,
        /** The pin alone: the alias leads where it points again. */
        PIN,
        /** The job; versions and aliases of its model stay. */
        JOB
    }

    RegistryKey key() {
        return switch (what) {
            case PIN -> new RegistryKey.PinKey(model, alias);
            case ALIAS -> new RegistryKey.AliasKey(model, alias);
            case JOB -> new RegistryKey.JobKey(model);
        };
    }
}
