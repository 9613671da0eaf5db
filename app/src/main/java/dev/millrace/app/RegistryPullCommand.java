package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.millrace.model.Classifier;
import dev.millrace.model.HuggingFaceFolder;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.RegistryJson;
import dev.millrace.registry.UntrustedVersionException;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace registry pull}: a version as a folder for other tools. */
@Command(
        name = "pull",
        description = {
            "Write a version into a folder that Hugging Face transformers opens, after checking every digest.",
            "The folder also gets version.json, the whole record. Without VERSION it is the champion."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry pull support@champion",
            "  millrace registry pull support 12 --to support-12"
        })
final class RegistryPullCommand implements Runnable {

    private static final String RECORD = "version.json";

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Mixin
    private final JsonOption json = new JsonOption();

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

    /** For the model card. */
    private static Map<String, String> facts(VersionRecord version) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Made", version.time().toString());
        facts.put("Base", version.base());
        facts.put("Parent", version.parent() == null ? "the base" : "version " + version.parent());
        facts.put("Learned from", version.examples() + " examples in " + version.steps() + " steps");
        facts.put(
                "Read through",
                "offset " + version.position().nextOffset() + " of "
                        + version.position().topic() + "-" + version.position().partition());
        new TreeMap<>(version.metrics())
                .forEach((name, value) -> facts.put(name, String.format(Locale.ROOT, "%.4g", value)));
        new TreeMap<>(version.runtime()).forEach(facts::put);
        return facts;
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        VersionRecord version = named.in(options.read(settings), Alias.CHAMPION);
        String title = version.model() + ", version " + version.version();
        Path folder = around.directory().resolve(to == null ? Path.of(version.model() + "-" + version.version()) : to);
        ArtifactStore store = options.store(settings);
        try {
            Signing.trust(settings.registry(), around.directory()).require(version);
            Map<String, Path> files = new LinkedHashMap<>();
            for (String role : Classifier.ROLES) {
                Artifact artifact = version.artifact(role)
                        .orElseThrow(() -> new CommandException(title + " has no file with the role " + role));
                files.put(role, store.fetch(artifact));
            }
            Files.createDirectories(folder);
            requireOurs(folder);
            HuggingFaceFolder.write(folder, files, title, facts(version));
            Files.writeString(folder.resolve(RECORD), RegistryJson.pretty(version) + "\n");
        } catch (IOException | UntrustedVersionException e) {
            throw new CommandException("cannot pull " + title + ": " + e.getMessage(), e);
        }
        if (json.given()) {
            json.print(
                    around.out(),
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("model", version.model())
                            .put("version", version.version())
                            .put("folder", folder.toString()));
        } else {
            around.out().println("Wrote " + title + " to " + folder);
        }
        around.out().flush();
    }
}
