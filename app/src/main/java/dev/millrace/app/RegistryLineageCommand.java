package dev.millrace.app;

import dev.millrace.registry.Lineage;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryShapes;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace registry lineage}: how a version came from the base. */
@Command(
        name = "lineage",
        description = {
            "Show how a version, by default the champion, came from the base: itself, its parent, the parent's parent,"
                    + " and so on; what each learned, and what was done to it on the way."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry lineage support 12",
            "  millrace registry lineage support --json"
        })
final class RegistryLineageCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Mixin
    private final JsonOption json = new JsonOption();

    RegistryLineageCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        ModelRegistry registry = options.read();
        VersionRecord version = named.in(registry, "champion");
        List<VersionRecord> line = registry.line(version, Integer.MAX_VALUE);
        if (json.given()) {
            json.print(around.out(), RegistryShapes.lineage(registry, line));
        } else {
            line.forEach(record -> print(record, registry));
            VersionRecord oldest = line.get(line.size() - 1);
            around.out()
                    .println(
                            oldest.parent() == null
                                    ? "From the base, " + oldest.base()
                                    : "From version " + oldest.parent() + ", whose record is gone");
            registry.models().stream()
                    .flatMap(model -> registry.successor(model).stream())
                    .filter(cutOver ->
                            List.of(cutOver.model(), cutOver.successor()).contains(version.model()))
                    .forEach(cutOver -> line(cutOver.successor() + " is served in the place of " + cutOver.model()
                            + " since " + cutOver.time() + ", by " + cutOver.by() + ": " + cutOver.reason()));
        }
        around.out().flush();
    }

    private void print(VersionRecord version, ModelRegistry registry) {
        line("Version " + version.version() + ", " + version.time());
        VersionRecord parent = version.parent() == null
                ? null
                : registry.version(version.model(), version.parent()).orElse(null);
        line("  learned " + learned(version, parent) + ", offsets " + from(version, parent) + " to "
                + (version.position().nextOffset() - 1) + " of "
                + version.position().topic() + ", partition "
                + version.position().partition());
        line("  by the settings " + version.settingsSha256() + ", on " + new TreeMap<>(version.runtime()));
        Lineage lineage = version.lineage();
        if (lineage != null) {
            lineage.interventions()
                    .forEach(done -> line("  at offset " + done.offset() + ": " + done.action() + " "
                            + new TreeMap<>(done.detail()) + ", by " + done.by()
                            + (done.reason().isEmpty() ? "" : ": " + done.reason())));
            lineage.setAside()
                    .forEach(aside -> line("  set aside: offsets " + aside.offset() + " to " + (aside.nextOffset() - 1)
                            + ", " + aside.reason()));
        }
        registry.verdict(version.model(), version.version()).ifPresent(this::print);
        registry.retirement(version.model(), version.version())
                .ifPresent(retired -> line("  retired by " + retired.by() + ": " + retired.reason()));
    }

    private void print(Verdict verdict) {
        line("  the gate: " + (verdict.passed() ? "passed" : "refused")
                + (verdict.champion() == null ? "" : ", against version " + verdict.champion()));
        verdict.findings().stream()
                .filter(finding -> !finding.passed())
                .forEach(finding -> line("    " + finding.rule() + ": " + finding.reason()));
    }

    private static String learned(VersionRecord version, @Nullable VersionRecord parent) {
        long examples = version.examples() - (parent == null ? 0 : parent.examples());
        long steps = version.steps() - (parent == null ? 0 : parent.steps());
        return examples + " examples in " + steps + " steps";
    }

    private static long from(VersionRecord version, @Nullable VersionRecord parent) {
        Lineage lineage = version.lineage();
        return lineage != null
                ? lineage.fromOffset()
                : parent == null ? 0 : parent.position().nextOffset();
    }

    private void line(String text) {
        around.out().println(text);
    }
}
