package dev.millrace.app;

/** A command cannot do what it was asked for, for a reason the user can mend; the message is one line for them. */
final class CommandException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
