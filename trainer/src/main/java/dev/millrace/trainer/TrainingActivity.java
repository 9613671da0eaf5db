package dev.millrace.trainer;

/** What the training thread does with its time; it does one of these at every moment. */
public enum TrainingActivity {
    /** It answers and learns a mini-batch. */
    STEP,
    /** It copies a model for a version. */
    SNAPSHOT,
    /** It waits although there are examples to learn: for records to arrive, or for the version before to be published. */
    WAITING,
    /** It waits, and there is nothing to learn. */
    IDLE,
    /** It publishes a version whose files are durable. */
    PUBLISH,
    /** Anything else. */
    OTHER
}
