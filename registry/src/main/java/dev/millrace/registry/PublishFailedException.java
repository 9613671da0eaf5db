package dev.millrace.registry;

/**
 * Nothing was published, the transaction was aborted, and the publisher can be used again. The same call may go well the
 * next time, if its cause is one that passes: a missing broker does, a record that is too large does not.
 */
public final class PublishFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PublishFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
