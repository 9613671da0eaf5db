package dev.millrace.ingest;

import java.util.OptionalLong;

/** How far training is behind the ledger. Implementations are safe for use by several threads, and answer at once. */
interface Backlog {

    /**
     * How much of the ledger is in no version yet, where a model's examples lie.
     *
     * @param model its name
     * @return records, what was {@link #written} since Kafka was asked included; nothing while nobody knows
     */
    OptionalLong behind(String model);

    /**
     * Tells that an example goes to the ledger.
     *
     * @param model whose
     */
    void written(String model);
}
