package dev.millrace.ingest;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Thrown when a file of examples is not what it was said to be; the message tells a person what to do. */
public final class SourceFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    SourceFormatException(String message) {
        super(message);
    }

    SourceFormatException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
