package dev.millrace.app;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.SweptStore;
import dev.millrace.registry.VersionRecord;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.Mixin;

/** The options of every command that looks into the registry, and the look itself. */
final class RegistryOptions {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    RegistryOptions(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    /** {@return the settings that the options lead to} */
    Settings settings() {
        return options.load().settings();
    }

    /**
     * Reads all of the registry; warns of records that cannot be read.
     *
     * @return what it says now
     * @throws CommandException when it cannot be reached
     */
    ModelRegistry read() {
        return read(settings());
    }

    /**
     * Reads all of the registry; warns of records that cannot be read.
     *
     * @param settings say where
     * @return what it says now
     * @throws CommandException when it cannot be reached
     */
    ModelRegistry read(Settings settings) {
        Cluster.connect(settings.kafka()).close();
        try {
            ModelRegistry registry = RegistryReader.readAll(
                    settings.kafka().clientProperties(), settings.topics().modelRegistry(), PATIENCE);
            registry.problems()
                    .forEach(problem -> around.err()
                            .println("warning: the record " + problem.key() + " at offset " + problem.offset()
                                    + " of the registry cannot be read: " + problem.what()));
            return registry;
        } catch (IllegalStateException | KafkaException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Opens the artifact store.
     *
     * @param settings say where
     * @return the store
     * @throws CommandException when there is none
     */
    SweptStore store(Settings settings) {
        return StoreOpening.existing(settings, around.directory(), around.clock());
    }

    /**
     * Finds a version.
     *
     * @param registry where
     * @param model its name
     * @param name a number, {@code latest}, or an alias
     * @return that version
     * @throws CommandException when there is none, saying what there is
     */
    static VersionRecord resolve(ModelRegistry registry, String model, String name) {
        if (!registry.models().contains(model)) {
            String known = registry.models().isEmpty()
                    ? "the registry is empty"
                    : "there are: " + String.join(", ", registry.models());
            throw new CommandException("there is no model " + model + "; " + known);
        }
        return registry.resolve(model, name)
                .orElseThrow(() -> new CommandException("there is no version " + name + " of model " + model
                        + "; \"millrace registry list\" shows what there is"));
    }
}
