package dev.millrace.model;

/** A request was not answered in the time that it had; it has left the queue. */
public final class ScoringTimeoutException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ScoringTimeoutException(String message) {
        super(message, null, false, false);
    }
}
