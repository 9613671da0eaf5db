package dev.millrace.app;

import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryJson;
import dev.millrace.registry.VersionRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

    @Option(names = "--json", description = "Print the records as JSON lines: versions, then aliases.")
    private boolean json;

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
        if (json) {
            models.forEach(name -> printJson(registry, name));
        } else if (models.isEmpty()) {
            around.out()
                    .println(model == null ? "There are no versions yet." : "There are no versions of " + model + ".");
        } else {
            printTable(registry, models);
        }
        around.out().flush();
    }

    private void printJson(ModelRegistry registry, String name) {
        Stream.concat(
                        registry.versions(name).stream().map(RegistryJson::write),
                        registry.aliases(name).stream().map(RegistryJson::write))
                .forEach(record -> around.out().println(new String(record, StandardCharsets.UTF_8)));
    }

    private void printTable(ModelRegistry registry, List<String> models) {
        TextTable table =
                new TextTable("MODEL", "VERSION", "ALIASES", "TIME", "EXAMPLES", "LABELS", "PREQUENTIAL", "BASE");
        for (String name : models) {
            List<Alias> aliases = registry.aliases(name);
            for (VersionRecord version : registry.versions(name)) {
                table.row(
                        name,
                        version.version(),
                        aliases.stream()
                                .filter(alias -> alias.version() == version.version())
                                .map(Alias::alias)
                                .collect(Collectors.joining(",")),
                        version.time(),
                        version.examples(),
                        version.labels().size(),
                        accuracy(version.metrics().get("prequential_accuracy")),
                        version.base());
            }
        }
        table.printTo(around.out());
    }

    private static String accuracy(@Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
    }
}
