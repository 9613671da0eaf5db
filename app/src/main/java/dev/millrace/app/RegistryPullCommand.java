package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.HuggingFaceFolder;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.RegistryJson;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace registry pull}: a version as a folder for other tools. */
@Command(
        name = "pull",
        description = {
            "Write a version into a folder that Hugging Face transformers opens, after checking every digest.",
            "The folder also gets version.json, the whole record."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry pull support",
            "  millrace registry pull support 12 --to support-12"
        })
final class RegistryPullCommand implements Runnable {

    private static final String RECORD = "version.json";

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "VERSION",
            defaultValue = "champion",
            description = "A number, an alias, or latest. Default: ${DEFAULT-VALUE}.")
    private String name = "";

    @Option(names = "--to", paramLabel = "DIR", description = "The folder. Default: MODEL-VERSION.")
    private @Nullable Path to;

    RegistryPullCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    /** Files of somebody else are not overwritten; a folder that was pulled before is. */
    private static void requireOurs(Path folder) throws IOException {
        try (Stream<Path> inside = Files.list(folder)) {
            if (inside.findAny().isPresent() && !Files.exists(folder.resolve(RECORD))) {
                throw new CommandException(
                        folder + " holds files that no pull has written; name a new folder with --to");
            }
        }
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        VersionRecord version = RegistryOptions.resolve(options.read(settings), model, name);
        String title = version.model() + ", version " + version.version();
        Path folder = around.directory().resolve(to == null ? Path.of(model + "-" + version.version()) : to);
        FolderArtifactStore store = options.store(settings);
        try {
            Map<String, Path> files = new LinkedHashMap<>();
            for (String role : Classifier.ROLES) {
                Artifact artifact = version.artifact(role)
                        .orElseThrow(() -> new CommandException(title + " has no file with the role " + role));
                files.put(role, store.fetch(artifact));
            }
            Files.createDirectories(folder);
            requireOurs(folder);
            HuggingFaceFolder.write(folder, files, title);
            Files.writeString(folder.resolve(RECORD), RegistryJson.pretty(version) + "\n");
        } catch (IOException e) {
            throw new CommandException("cannot pull " + title + ": " + e.getMessage(), e);
        }
        around.out().println("Wrote " + title + " to " + folder);
        around.out().flush();
    }
}
