package dev.millrace.ingest;

/** What became of a record of {@code inputs}: a text to be answered, or the rule that it broke. */
public sealed interface ParsedInput {

    /**
     * The record obeys the contract.
     *
     * @param input what it says
     */
    record Accepted(InputText input) implements ParsedInput {}

    /**
     * The record breaks the contract.
     *
     * @param rejection the first rule that it breaks
     */
    record Rejected(Rejection rejection) implements ParsedInput {}
}
