package dev.millrace.app;

import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a long run writes at its end. */
final class OutputFile {

    private OutputFile() {}

    /**
     * Fails early, so that a long run is not lost for a wrong path.
     *
     * @param option that names the file
     * @param file that will be written
     * @param ending of its name; empty for any
     * @throws CommandException when its name ends otherwise, or its folder is not there
     */
    static void require(String option, Path file, String ending) {
        Path folder = file.toAbsolutePath().getParent();
        if (!file.toString().endsWith(ending)) {
            throw new CommandException(option + " " + file + ": the name must end in " + ending);
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CommandException(option + " " + file + ": there is no folder " + folder);
        }
    }
}
