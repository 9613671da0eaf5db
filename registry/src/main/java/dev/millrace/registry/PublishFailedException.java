package dev.millrace.registry;

/** Nothing was published, the transaction was aborted, and the same call may be tried again on the same publisher. */
public final class PublishFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PublishFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
