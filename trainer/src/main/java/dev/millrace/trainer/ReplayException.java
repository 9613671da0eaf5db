package dev.millrace.trainer;

/** A version cannot be folded again; the message says which input is gone, and what can be done. */
public final class ReplayException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ReplayException(String message) {
        super(message);
    }

    ReplayException(String message, Throwable cause) {
        super(message, cause);
    }
}
