package dev.millrace.ingest;

/** What becomes of a label for an input that has another one already. */
public enum Corrections {
    /** The first label counts, and what comes later is counted alone. */
    IGNORE,

    /**
     * The label with the latest time counts. While the input has not come it takes the place of the one before; after
     * that it makes one more example, whose id is that of the input with {@code #2}, {@code #3} and so on behind it.
     */
    TRAIN_AGAIN,

    /** The same, and that example says which label it replaces: what the trainer remembers of that is dropped. */
    REPLACE
}
