package dev.millrace.ingest;

/** Decides whether an example that nothing is wrong with goes to the ledger. Safe for use by several threads. */
interface Admission {

    /** Takes everything. */
    Admission ALL = (model, id) -> true;

    /**
     * Decides on an example that was not seen before. Whoever is told that it is taken sends it to the ledger.
     *
     * @param model whose it is
     * @param id of the example
     * @return whether it is taken
     */
    boolean takes(String model, String id);
}
