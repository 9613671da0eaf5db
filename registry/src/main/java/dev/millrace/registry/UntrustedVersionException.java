package dev.millrace.registry;

/** A version that nobody who is trusted has signed as it is. */
public final class UntrustedVersionException extends Exception {

    private static final long serialVersionUID = 1L;

    UntrustedVersionException(String message) {
        super(message);
    }
}
