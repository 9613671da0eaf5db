package dev.millrace.ingest;

/** What became of a record's value: an example, or the rule that it broke. */
public sealed interface Parsed {

    /**
     * The record obeys the contract.
     *
     * @param example what it says
     */
    record Accepted(LabelledExample example) implements Parsed {}

    /**
     * The record breaks the contract.
     *
     * @param rejection the first rule that it breaks
     */
    record Rejected(Rejection rejection) implements Parsed {}
}
