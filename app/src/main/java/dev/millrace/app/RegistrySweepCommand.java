package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Retention;
import dev.millrace.registry.Swept;
import dev.millrace.registry.SweptStore;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace registry sweep}: removes files that no version needs. */
@Command(
        name = "sweep",
        description = {
            "Remove files from the artifact store that no version needs: those of retired versions, and with --all also"
                    + " those that no record names.",
            "What stays: the files of each version that is not retired, that an alias or a pin leads to, or from which"
                    + " training goes on, with all that these are built on; and whatever was put a short time ago, for a"
                    + " version's files are put before its record. The registry's role does the same every hour."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry sweep support --dry-run",
            "  millrace registry sweep --all --older-than 2h"
        })
final class RegistrySweepCommand implements Runnable {

    /** A version is published within minutes of its files, or never. */
    static final Duration OLDER_THAN = Duration.ofHours(24);

    private static final Duration LEAST = Duration.ofHours(1);

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @ArgGroup(multiplicity = "1")
    private Whose whose = new Whose();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Option(names = "--dry-run", description = "Say how much would be removed, and remove nothing.")
    private boolean dryRun;

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            description = "How long ago a file must have been put, 1h at least. Default: 24h.")
    private String olderThan = DurationText.format(OLDER_THAN);

    RegistrySweepCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    private static final class Whose {

        @Parameters(index = "0", paramLabel = "MODEL", description = "Only files that this model's records name.")
        private @Nullable String model;

        @Option(names = "--all", description = "The files of all models, and those that no record names.")
        private boolean all;
    }

    @Override
    public void run() {
        Duration age = age();
        Settings settings = options.settings();
        // The records are read after the age was chosen and before a file is looked at: what is published meanwhile is
        // young.
        ModelRegistry registry = options.read(settings);
        SweptStore store = options.store(settings);
        try {
            Predicate<String> unneeded = unneeded(registry);
            Swept swept = dryRun ? store.sweepable(unneeded, age) : store.sweep(unneeded, age);
            if (json.given()) {
                json.print(
                        around.out(),
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("dryRun", dryRun)
                                .put("files", swept.files())
                                .put("bytes", swept.bytes()));
                return;
            }
            around.out()
                    .println((dryRun ? "Would remove " : "Removed ") + swept.files() + " files of " + swept.bytes()
                            + " bytes from " + store + ".");
            around.out().flush();
        } catch (IOException | IllegalStateException e) {
            throw new CommandException("the store is not swept, or not all of it: " + e.getMessage(), e);
        }
    }

    private Predicate<String> unneeded(ModelRegistry registry) {
        if (whose.all) {
            return Retention.unneeded(registry);
        }
        String model = String.valueOf(whose.model);
        if (!registry.models().contains(model)) {
            throw new CommandException("there is no model " + model);
        }
        return Retention.unneededOf(registry, model);
    }

    private Duration age() {
        try {
            Duration age = DurationText.parse(olderThan);
            if (age.compareTo(LEAST) >= 0) {
                return age;
            }
        } catch (IllegalArgumentException e) {
            throw new CommandException("--older-than must be a duration such as 2h or 7d, but is " + olderThan, e);
        }
        throw new CommandException("--older-than must be at least 1h, but is " + olderThan
                + ": the files of a version that is being published are younger");
    }
}
