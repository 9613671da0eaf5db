package dev.millrace.registry;

/** What came of letting a version answer beside the one that serves. */
public enum ShadowOutcome {

    /** Both gave the same answer. */
    AGREED,

    /** The answers differ. */
    DISAGREED,

    /** It threw. */
    FAILED,

    /** It was not asked, for it is too slow: others were waiting for it. */
    DROPPED
}
