package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace registry diff}: what two versions differ in. */
@Command(
        name = "diff",
        description = {
            "Show what changed from one version to another: settings, labels, metrics, and the weights, tensor by"
                    + " tensor, as the norm of the difference against the norm of the tensor."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry diff support 11 12",
            "  millrace registry diff support champion candidate"
        })
final class RegistryDiffCommand implements Runnable {

    private static final int MOST_TENSORS = 12;

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name.")
    private String model = "";

    @Parameters(index = "1", paramLabel = "A", description = "A number, an alias, or latest.")
    private String one = "";

    @Parameters(index = "2", paramLabel = "B", description = "What it is compared with.")
    private String other = "";

    RegistryDiffCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        ModelRegistry registry = options.read(settings);
        VersionRecord from = RegistryOptions.resolve(registry, model, one);
        VersionRecord to = RegistryOptions.resolve(registry, model, other);
        print("Version " + from.version() + " of " + model + " against version " + to.version());
        values("Base", Map.of("base", from.base()), Map.of("base", to.base()));
        values("Settings", from.settings(), to.settings());
        values("Runtime", from.runtime(), to.runtime());
        labels(from.labels(), to.labels());
        figures(from, to);
        weights(options.store(settings), from, to);
        around.out().flush();
    }

    private void values(String title, Map<String, String> from, Map<String, String> to) {
        List<String> lines = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>(from.keySet());
        names.addAll(to.keySet());
        for (String name : names) {
            String before = from.getOrDefault(name, "none");
            String after = to.getOrDefault(name, "none");
            if (!before.equals(after)) {
                lines.add("  " + name + ": " + before + " -> " + after);
            }
        }
        section(title, lines);
    }

    private void labels(List<String> from, List<String> to) {
        List<String> lines = new ArrayList<>();
        to.stream().filter(label -> !from.contains(label)).forEach(label -> lines.add("  + " + label));
        from.stream().filter(label -> !to.contains(label)).forEach(label -> lines.add("  - " + label));
        section("Labels", lines);
    }

    private void figures(VersionRecord from, VersionRecord to) {
        Map<String, Double> before = new TreeMap<>(from.metrics());
        Map<String, Double> after = new TreeMap<>(to.metrics());
        before.put("examples", (double) from.examples());
        after.put("examples", (double) to.examples());
        List<String> lines = new ArrayList<>();
        after.forEach((name, value) -> {
            Double was = before.get(name);
            if (was != null && !was.equals(value)) {
                lines.add(String.format(Locale.ROOT, "  %s: %.5g -> %.5g (%+.3g)", name, was, value, value - was));
            }
        });
        section("Metrics", lines);
    }

    private void weights(ArtifactStore store, VersionRecord from, VersionRecord to) {
        List<TensorChange> changes = TensorChange.between(read(store, from), read(store, to));
        List<String> lines = new ArrayList<>();
        for (TensorChange change : changes.subList(0, Math.min(MOST_TENSORS, changes.size()))) {
            String how = change.relative().isPresent()
                    ? String.format(
                            Locale.ROOT, "%.3f%%", 100 * change.relative().getAsDouble())
                    : "of another shape, or in one of them only";
            lines.add("  " + change.name() + ": " + how);
        }
        if (changes.size() > MOST_TENSORS) {
            lines.add("  and " + (changes.size() - MOST_TENSORS) + " tensors that differ less");
        }
        section("Weights", lines);
    }

    private static ClassifierWeights read(ArtifactStore store, VersionRecord version) {
        Artifact artifact = version.artifact(Classifier.WEIGHTS)
                .orElseThrow(() -> new CommandException("version " + version.version() + " has no weights"));
        try {
            return ClassifierWeights.read(store.fetch(artifact));
        } catch (IOException e) {
            throw new CommandException(
                    "the weights of version " + version.version() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void section(String title, List<String> lines) {
        print(title + (lines.isEmpty() ? ": the same" : ""));
        lines.forEach(this::print);
    }

    private void print(String line) {
        around.out().println(line);
    }
}
