package dev.millrace.app;

import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryShapes;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace registry list}: all versions, a line each. */
@Command(
        name = "list",
        description = "List the versions of all models or of one.",
        footer = {"", "Examples:", "  millrace registry list", "  millrace registry list support --json"})
final class RegistryListCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "Only this model.")
    private @Nullable String model;

    @Mixin
    private final JsonOption json = new JsonOption();

    RegistryListCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        ModelRegistry registry = options.read();
        List<String> models = registry.models().stream()
                .filter(name -> model == null || name.equals(model))
                .toList();
        if (json.given()) {
            json.print(
                    around.out(),
                    RegistryShapes.versions(
                            registry,
                            models.stream()
                                    .flatMap(name -> registry.versions(name).stream())
                                    .toList()));
        } else if (models.isEmpty()) {
            around.out()
                    .println(model == null ? "There are no versions yet." : "There are no versions of " + model + ".");
        } else {
            printTable(registry, models);
        }
        around.out().flush();
    }

    private void printTable(ModelRegistry registry, List<String> models) {
        TextTable table =
                new TextTable("MODEL", "VERSION", "ALIASES", "TIME", "EXAMPLES", "LABELS", "PREQUENTIAL", "BASE");
        for (String name : models) {
            for (VersionRecord version : registry.versions(name)) {
                table.row(
                        name,
                        version.version(),
                        leading(registry, version),
                        version.time(),
                        version.examples(),
                        version.labels().size(),
                        accuracy(version.metrics().get("prequential_accuracy")),
                        version.base());
            }
        }
        table.printTo(around.out());
    }

    /** The aliases that lead to a version; those that are held there say so. */
    private static String leading(ModelRegistry registry, VersionRecord version) {
        String model = version.model();
        Stream<String> pinned = registry.pins(model).stream()
                .filter(pin -> pin.version() == version.version())
                .map(pin -> pin.alias() + " (pinned)");
        Stream<String> pointing = registry.aliases(model).stream()
                .filter(alias -> alias.version() == version.version()
                        && registry.pin(model, alias.alias()).isEmpty())
                .map(Alias::alias);
        return Stream.concat(pinned, pointing).collect(Collectors.joining(","));
    }

    private static String accuracy(@Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
    }
}
