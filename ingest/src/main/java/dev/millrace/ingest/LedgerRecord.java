package dev.millrace.ingest;

/**
 * A record of the ledger: an example to learn, or a word about how to learn.
 *
 * <p>Both lie in one partition of {@code training-examples} under the model's name, so that there is one order of all
 * that shapes a model.
 */
public sealed interface LedgerRecord permits LabelledExample, ControlRecord {

    /**
     * Whose record it is.
     *
     * @return the model's name
     */
    String model();
}
