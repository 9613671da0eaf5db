package dev.millrace.registry;

import org.jspecify.annotations.Nullable;

/** A subscription has no version to serve yet; the message says what it waits for. */
public final class NoVersionException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    NoVersionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
