package dev.millrace.app;

import dev.millrace.ingest.Columns;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.SourceFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that say where text and label stand in a file, and the opening of one. */
final class FileOptions {

    private final Surroundings around;

    @Option(
            names = "--text",
            paramLabel = "COLUMN",
            defaultValue = "text",
            description = "The column or field with the text. Default: ${DEFAULT-VALUE}.")
    private String text = "";

    @Option(
            names = "--label",
            paramLabel = "COLUMN",
            defaultValue = "label",
            description = "The column or field with the label. Default: ${DEFAULT-VALUE}.")
    private String label = "";

    FileOptions(Surroundings around) {
        this.around = around;
    }

    /**
     * Opens a file.
     *
     * @param file CSV, TSV or JSON lines, told by its name
     * @return its examples
     * @throws CommandException when there is no such file, or text and label are not in it
     */
    ExampleSource open(Path file) {
        Path path = around.directory().resolve(file);
        if (!Files.isRegularFile(path)) {
            throw new CommandException("there is no file " + path);
        }
        try {
            return ExampleSource.open(path, columns());
        } catch (SourceFormatException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CommandException("cannot read " + path + ": " + e.getMessage(), e);
        }
    }

    Columns columns() {
        try {
            return new Columns(text, label);
        } catch (IllegalArgumentException e) {
            throw new CommandException("--text and --label: " + e.getMessage(), e);
        }
    }
}
