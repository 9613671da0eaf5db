package dev.millrace.model;

import java.io.IOException;
import java.nio.file.Path;

/** A file is not what the safetensors format demands. The message names the file, the tensor and the rule. */
public final class SafetensorsException extends IOException {

    private static final long serialVersionUID = 1L;

    SafetensorsException(Path file, String rule) {
        super(file + ": " + rule);
    }

    SafetensorsException(Path file, String rule, Throwable cause) {
        super(file + ": " + rule, cause);
    }
}
