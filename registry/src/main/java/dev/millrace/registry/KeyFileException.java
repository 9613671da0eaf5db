package dev.millrace.registry;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A key's file holds something else, or may be read by others. */
public final class KeyFileException extends IOException {

    private static final long serialVersionUID = 1L;

    KeyFileException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
