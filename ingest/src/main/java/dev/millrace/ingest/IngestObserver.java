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
     * An example was left out because training is too far behind; nothing was wrong with it.
     *
     * @param model the model it is for
     */
    default void shed(String model) {}

    /**
     * A record broke the contract and went to {@code examples-rejected}.
     *
     * @param reason the code of the rule it broke, one of a small fixed set such as {@code not_json}
     */
    default void rejected(String reason) {}

    /**
     * An input and its label have met; what became of the example is told besides.
     *
     * @param model the model it is for
     */
    default void paired(String model) {}

    /**
     * Half of an example was given up, because the other half did not come within the window.
     *
     * @param model the model it is for
     * @param half what came, {@code input} or {@code label}
     */
    default void unpaired(String model, String half) {}

    /**
     * An input that has a label got another one.
     *
     * @param model the model it is for
     * @param taken whether that one counts from now on
     */
    default void corrected(String model, boolean taken) {}
}
