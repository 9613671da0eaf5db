package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.model.PretrainedFolder;
import dev.millrace.model.PretrainedHead;
import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.DeltaStore;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.FirstVersion;
import dev.millrace.trainer.Job;
import dev.millrace.trainer.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace registry import}: a classifier that was trained elsewhere, as the first version of a model. */
@Command(
        name = "import",
        description = {
            "Publish a classifier that was trained elsewhere as the first version of a model, to be served at once and"
                    + " trained on as labels come.",
            "DIR is a BertForSequenceClassification as Hugging Face transformers save it (config.json, tokenizer.json,"
                    + " model.safetensors), or what \"registry pull\" has written. No trainer may be running; the"
                    + " command says which settings it takes to go on. For an encoder without a head, set trainer.base to"
                    + " its folder instead."
        },
        footer = {"", "Examples:", "  millrace registry import ./support-bert --model support"})
final class RegistryImportCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(paramLabel = "DIR", description = "The folder.")
    private Path folder = Path.of("");

    @Option(names = "--model", paramLabel = "MODEL", description = "The model. Default: the only one in the settings.")
    private @Nullable String model;

    RegistryImportCommand(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    private static PretrainedModel read(Path folder) {
        try {
            return PretrainedFolder.readWithHead(folder);
        } catch (IOException e) {
            throw new CommandException("cannot import " + e.getMessage(), e);
        }
    }

    @Override
    public void run() {
        Path absolute = around.directory().resolve(folder).toAbsolutePath().normalize();
        PretrainedModel base = read(absolute);
        PretrainedHead head = base.head().orElseThrow();
        Map<String, String> needed =
                new TreeMap<>(Map.of("trainer.base", absolute.toString(), "trainer.base-head", "kept"));
        Recipe.settingsOf(head.shape()).forEach((name, value) -> needed.put(SettingsTable.TRAINER + name, value));
        Settings settings = options.load(needed, "what is imported").settings();
        String name = settings.model(model);
        Cluster.connect(settings.kafka()).close();
        VersionRecord version;
        try (DeltaStore store = StoreOpening.open(settings, around.directory(), around.clock())) {
            new KafkaReadiness(settings, around.directory()).require(KafkaUser.IMPORTER);
            version = FirstVersion.publish(
                    Learning.trainer(
                            settings,
                            Map.of(name, new Job(base, settings.forModel(name).recipe()))),
                    name,
                    Learning.compute(settings.trainer()),
                    store,
                    Signing.signer(settings.registry(), around.directory()),
                    around.clock());
        } catch (IOException | IllegalArgumentException | IllegalStateException | KafkaException e) {
            throw new CommandException("cannot import " + absolute + ": " + e.getMessage(), e);
        }
        if (json.given()) {
            ObjectNode tree = JsonNodeFactory.instance
                    .objectNode()
                    .put("model", name)
                    .put("version", version.version())
                    .put("labels", version.labels().size());
            needed.forEach(tree.putObject("settings")::put);
            json.print(around.out(), tree);
            return;
        }
        around.out()
                .println("Imported " + absolute + " as version " + version.version() + " of " + name + ", which knows "
                        + version.labels().size() + " labels. A trainer goes on from it with these settings:");
        needed.forEach((key, value) -> around.out().println("  --set " + key + "=" + value));
        around.out().flush();
    }
}
