package dev.millrace.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The figures of a run in a file, for programs. */
final class JsonReport {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonReport() {}

    /**
     * Fails early, so that a long run is not lost for a wrong path.
     *
     * @param file that will be written
     * @throws CommandException when its folder is not there
     */
    static void requireWritable(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CommandException("--report " + file + ": there is no folder " + folder);
        }
    }

    static void write(Path file, Map<String, ?> figures) {
        try {
            Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(figures) + "\n");
        } catch (IOException e) {
            throw new CommandException("cannot write the report " + file + ": " + e.getMessage(), e);
        }
    }
}
