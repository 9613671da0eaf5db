package dev.millrace.app;

/** What a process does. One process may do all of it, and each may be done by several processes. */
enum Role {
    /** Validates examples and writes the ledger. */
    INGEST,
    /** Learns the ledger and publishes versions. */
    TRAINER,
    /** Keeps the artifact store tidy, and answers for the registry over HTTP. */
    REGISTRY,
    /** Follows versions and answers requests over HTTP. */
    SCORE,
    /** Follows versions and answers the texts of a topic. */
    PREDICT
}
