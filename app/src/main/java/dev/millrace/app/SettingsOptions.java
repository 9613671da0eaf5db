package dev.millrace.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that needs settings. */
final class SettingsOptions {

    static final String DEFAULT_FILE = "millrace.yaml";

    private final Surroundings around;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Settings in YAML; without it, " + DEFAULT_FILE + " in the current folder when there is one.")
    private @Nullable Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A setting, over file and environment; as often as needed.")
    private List<String> assignments = new ArrayList<>();

    SettingsOptions(Surroundings around) {
        this.around = around;
    }

    /** The settings of the user alone. */
    EffectiveSettings load() {
        return gather(new SettingsLoader()).load();
    }

    /**
     * Adds what the user says to a loader: file, environment, options. What the loader holds already is weaker; what
     * the caller adds afterwards is stronger.
     *
     * @param loader that is added to
     * @return the loader
     */
    SettingsLoader gather(SettingsLoader loader) {
        Path usual = around.directory().resolve(DEFAULT_FILE);
        if (file != null) {
            loader.file(around.directory().resolve(file));
        } else if (Files.exists(usual)) {
            loader.file(usual);
        }
        loader.environment(around.environment());
        assignments.forEach(assignment -> loader.assignment("--set", assignment));
        return loader;
    }
}
