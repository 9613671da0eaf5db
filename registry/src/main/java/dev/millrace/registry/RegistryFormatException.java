package dev.millrace.registry;

/** A key or a value of the registry's topic is not what its contract says; the message names the field and the rule. */
public final class RegistryFormatException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    RegistryFormatException(String message) {
        super(message);
    }

    RegistryFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
