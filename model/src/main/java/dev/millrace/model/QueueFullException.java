package dev.millrace.model;

/** A request was not queued, for too many texts wait already. It may be sent again shortly. */
public final class QueueFullException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    QueueFullException(String message) {
        // Turned away by the thousand under load: a stack trace each would add to the load.
        super(message, null, false, false);
    }
}
