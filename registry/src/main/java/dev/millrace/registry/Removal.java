package dev.millrace.registry;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Takes an alias, the pin on it, a job or a successor out of the registry.
 *
 * @param what is taken away
 * @param model the model's name
 * @param name the alias; the successor where one is taken away; empty for a job
 * @param previous where it led, or null when nobody knew
 * @param time when
 * @param by who did it
 * @param reason why
 */
public record Removal(
        What what, String model, String name, @Nullable Long previous, Instant time, String by, String reason) {

    /** What can be removed. */
    public enum What {
        /** The alias itself; a pin on it stays. */
        ALIAS,
        /** The pin alone: the alias leads where it points again. */
        PIN,
        /** The job; versions and aliases of its model stay. */
        JOB,
        /** The successor: the model's own aliases are followed again. */
        SUCCESSOR
    }

    RegistryKey key() {
        return switch (what) {
            case PIN -> new RegistryKey.PinKey(model, name);
            case ALIAS -> new RegistryKey.AliasKey(model, name);
            case JOB -> new RegistryKey.JobKey(model);
            case SUCCESSOR -> new RegistryKey.SuccessorKey(model);
        };
    }
}
