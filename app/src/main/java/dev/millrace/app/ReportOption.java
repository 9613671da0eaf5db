package dev.millrace.app;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of a benchmark that writes its figures for programs, where that is asked for. */
final class ReportOption {

    @Option(names = "--report", paramLabel = "FILE", description = "Write the figures as JSON.")
    private @Nullable Path file;

    /** Fails before anything is measured where the report could not be written. */
    void require(Surroundings around) {
        if (file != null) {
            OutputFile.require("--report", around.directory().resolve(file), "");
        }
    }

    void write(Surroundings around, Map<String, ?> figures) {
        if (file != null) {
            JsonReport.write(around.directory().resolve(file), figures);
        }
    }
}
