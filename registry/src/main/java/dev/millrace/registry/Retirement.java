package dev.millrace.registry;

import java.time.Instant;

/**
 * Takes a version out of use for good: the value under {@code model/version!retirement}. Its record stays, for lineage;
 * no alias may point at it any more, and a sweep of the store may remove its files.
 *
 * @param model the model's name
 * @param version which one
 * @param time when it was retired
 * @param by who retired it
 * @param reason why
 */
public record Retirement(String model, long version, Instant time, String by, String reason) implements RegistryEntry {

    public Retirement {
        if (version < 1) {
            throw new IllegalArgumentException("version must be >= 1, but is " + version);
        }
    }
}
