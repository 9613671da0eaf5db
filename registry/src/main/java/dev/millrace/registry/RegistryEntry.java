package dev.millrace.registry;

import java.time.Instant;

/** What lies under one key of the registry's topic. Immutable. */
public sealed interface RegistryEntry permits VersionRecord, Alias, Pin, Verdict, Retirement, JobRecord, Successor {

    /**
     * Whose it is.
     *
     * @return the model's name
     */
    String model();

    /**
     * When it was written, by the clock of who wrote it; informative only.
     *
     * @return that time
     */
    Instant time();
}
