package dev.millrace.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryShapes;
import dev.millrace.registry.VersionDiff;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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

    @Mixin
    private final JsonOption json = new JsonOption();

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
        VersionDiff diff = VersionDiff.between(from, to);
        List<TensorChange> weights = weights(options.store(settings), from, to);
        if (json.given()) {
            json.print(around.out(), tree(diff, weights));
        } else {
            print(diff, weights);
        }
        around.out().flush();
    }

    private static ObjectNode tree(VersionDiff diff, List<TensorChange> weights) {
        ObjectNode json = RegistryShapes.diff(diff);
        ArrayNode tensors = json.putArray("weights");
        for (TensorChange change : weights) {
            ObjectNode one = tensors.addObject().put("tensor", change.name());
            change.relative().ifPresent(relative -> one.put("relative", relative));
        }
        return json;
    }

    private void print(VersionDiff diff, List<TensorChange> weights) {
        VersionRecord from = diff.from();
        VersionRecord to = diff.to();
        print("Version " + from.version() + " of " + model + " against version " + to.version());
        section(
                "Base",
                from.base().equals(to.base()) ? List.of() : List.of("  base: " + from.base() + " -> " + to.base()));
        section("Settings", values(diff.settings()));
        section("Runtime", values(diff.runtime()));
        section(
                "Labels",
                Stream.concat(
                                diff.added().stream().map(label -> "  + " + label),
                                diff.removed().stream().map(label -> "  - " + label))
                        .toList());
        section(
                "Metrics",
                diff.metrics().stream().map(RegistryDiffCommand::figures).toList());
        printWeights(weights);
    }

    private static List<String> values(List<VersionDiff.Change<String>> changes) {
        return changes.stream()
                .map(change -> "  " + change.name() + ": " + orNone(change.from()) + " -> " + orNone(change.to()))
                .toList();
    }

    private static String figures(VersionDiff.Change<Double> change) {
        double was = Objects.requireNonNull(change.from());
        double is = Objects.requireNonNull(change.to());
        return String.format(Locale.ROOT, "  %s: %.5g -> %.5g (%+.3g)", change.name(), was, is, is - was);
    }

    private static String orNone(@Nullable String value) {
        return value == null ? "none" : value;
    }

    private static List<TensorChange> weights(ArtifactStore store, VersionRecord from, VersionRecord to) {
        return TensorChange.between(read(store, from), read(store, to));
    }

    private void printWeights(List<TensorChange> changes) {
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
