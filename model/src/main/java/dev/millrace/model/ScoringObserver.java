package dev.millrace.model;

import java.time.Duration;

/**
 * Told how texts are scored, so that others can count it.
 *
 * <p>Called on the threads that ask and on those that answer: implementations are thread-safe and return at once.
 */
public interface ScoringObserver {

    /** An observer that ignores everything. */
    ScoringObserver NONE = new ScoringObserver() {};

    /**
     * A queue has become longer or shorter. A model has a queue for each version in memory.
     *
     * @param model whose queue
     * @param texts that have come; negative for those that have left
     */
    default void queued(String model, int texts) {}

    /**
     * A batch was taken from a queue to be answered.
     *
     * @param model whose queue
     * @param texts in the batch
     * @param longestWait how long the first of its requests had waited
     */
    default void taken(String model, int texts, Duration longestWait) {}

    /**
     * A request was turned away, for the queue was full.
     *
     * @param model whose queue
     */
    default void refused(String model) {}

    /**
     * Inputs of a topic were answered, and their predictions committed.
     *
     * @param model that answered
     * @param inputs how many
     */
    default void predicted(String model, int inputs) {}
}
