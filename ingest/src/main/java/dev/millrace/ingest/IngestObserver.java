package dev.millrace.ingest;

/**
 * Told what ingest did with each record, so that others can count it.
 *
 * <p>Called on the threads of the topology, several at once: implementations are thread-safe and return at once. A task
 * that is retried after a failure tells again; the counts are for people, the truth is in the topics.
 */
public interface IngestObserver {

    /** An observer that ignores everything. */
    IngestObserver NONE = new IngestObserver() {};

    /**
     * An example went on to {@code training-examples}.
     *
     * @param model the model it is for
     */
    default void accepted(String model) {}

    /**
     * An example was seen before, by its id, and was left out.
     *
     * @param model the model it is for
     */
    default void duplicate(String model) {}

    /**
     * A record broke the contract and went to {@code examples-rejected}.
     *
     * @param reason the code of the rule it broke, one of a small fixed set such as {@code not_json}
     */
    default void rejected(String reason) {}
}
