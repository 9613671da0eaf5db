package dev.millrace.registry;

import java.io.IOException;

/** An artifact is gone, or its bytes are not the ones its record promises. */
public final class ArtifactException extends IOException {

    private static final long serialVersionUID = 1L;

    ArtifactException(String message) {
        super(message);
    }
}
