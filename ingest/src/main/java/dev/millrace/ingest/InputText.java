package dev.millrace.ingest;

/**
 * A text that is to be answered.
 *
 * @param id of the producer's, or where the record lies, as {@code topic-partition-offset}
 * @param model that is to answer
 * @param text to the letter
 */
public record InputText(String id, String model, String text) {}
