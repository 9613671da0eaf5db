package dev.millrace.registry;

import java.time.Duration;

/**
 * Told what happens to versions, so that others can count and time it. Called on the thread that did it: implementations
 * are thread-safe and return at once.
 */
public interface RegistryObserver {

    /** An observer that ignores everything. */
    RegistryObserver NONE = new RegistryObserver() {};

    /**
     * The files of a version are durable, and the transaction that publishes it is about to begin. Told again when it is
     * tried again.
     *
     * @param version its record
     */
    default void publishing(VersionRecord version) {}

    /**
     * A version was committed to the topic.
     *
     * @param version its record
     * @param writing how long its artifacts took to become durable
     */
    default void published(VersionRecord version, Duration writing) {}

    /**
     * A version that was published is or is not champion now.
     *
     * @param verdict of the gate
     */
    default void judged(Verdict verdict) {}

    /**
     * A trainer has taken an alias back to an earlier version without being asked.
     *
     * @param pin where it is held, and why
     */
    default void rolledBack(Pin pin) {}

    /**
     * A subscriber serves another version from now on.
     *
     * @param version its record
     * @param loading how long it took from seeing the record to serving it
     * @param freshness age of the version's newest example at this moment; zero when it has none
     */
    default void swapped(VersionRecord version, Duration loading, Duration freshness) {}

    /**
     * A version could not be verified or loaded; the one before it goes on serving.
     *
     * @param version its record
     * @param cause why
     */
    default void refused(VersionRecord version, Exception cause) {}

    /**
     * A subscriber has read the registry's topic to its end, as it does every second or so while it can.
     *
     * @param model whose versions it follows
     */
    default void heard(String model) {}

    /**
     * What a subscriber serves could not be reported; the next report tells how things are then.
     *
     * @param model the model's name
     */
    default void reportDropped(String model) {}

    /**
     * A request was given to one of two versions that serve side by side.
     *
     * @param model the model's name
     * @param alias whose version answers it
     */
    default void routed(String model, String alias) {}

    /**
     * A version answered beside the one whose answer was returned.
     *
     * @param model the model's name
     * @param outcome what came of it
     */
    default void shadowed(String model, ShadowOutcome outcome) {}
}
