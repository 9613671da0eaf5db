package dev.millrace.app;

import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RecordSignature;
import dev.millrace.registry.RegistryShapes;
import dev.millrace.registry.UntrustedVersionException;
import dev.millrace.registry.VersionRecord;
import dev.millrace.registry.VersionTrust;
import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace registry show}: everything that is recorded of one version. */
@Command(
        name = "show",
        description = "Show all that is recorded of a version, by default of the latest.",
        footer = {
            "",
            "Examples:",
            "  millrace registry show support",
            "  millrace registry show support champion",
            "  millrace registry show support 12 --json"
        })
final class RegistryShowCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Mixin
    private final JsonOption json = new JsonOption();

    RegistryShowCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        ModelRegistry registry = options.read(settings);
        VersionRecord version = named.in(registry, "latest");
        if (json.given()) {
            json.print(around.out(), RegistryShapes.version(registry, version));
        } else {
            print(version, registry, signed(version, settings));
        }
        around.out().flush();
    }

    /** Whose signature it has, and whether it was looked into: without a public key nothing can be said of it. */
    private String signed(VersionRecord version, Settings settings) {
        RecordSignature signature = version.signature();
        String key = signature == null ? "nobody" : signature.keyId();
        VersionTrust trust = Signing.trust(settings.registry(), around.directory());
        if (trust == VersionTrust.ANYONE) {
            return signature == null ? key : key + ", not verified: registry.trusted-keys is not set";
        }
        try {
            trust.require(version);
            return key + ", verified";
        } catch (UntrustedVersionException e) {
            return key + ", NOT TRUSTED: " + e.getMessage();
        }
    }

    private void print(VersionRecord version, ModelRegistry registry, String signed) {
        PrintWriter out = around.out();
        out.println("Version " + version.version() + " of " + version.model());
        line("made at", version.time());
        line("base", version.base());
        line("parent", orNone(version.parent()));
        line("trained on", version.examples() + " examples in " + version.steps() + " steps");
        line(
                "ledger",
                version.position().topic() + ", partition " + version.position().partition() + ", up to offset "
                        + version.position().nextOffset());
        line("newest example", orNone(version.newestExample()));
        line("labels", version.labels().size() + ": " + String.join(", ", version.labels()));
        line("signed by", signed);
        registry.successor(version.model())
                .ifPresent(cutOver -> line(
                        "served in its place",
                        cutOver.successor() + ", since " + cutOver.time() + " by " + cutOver.by() + ": "
                                + cutOver.reason()));
        for (Alias alias : registry.aliases(version.model())) {
            if (alias.version() == version.version()) {
                line("alias " + alias.alias(), "since " + alias.time() + " by " + alias.by() + ": " + alias.reason());
            }
        }
        section("Metrics", version.metrics());
        section("Runtime", version.runtime());
        section("Settings, SHA-256 " + version.settingsSha256(), version.settings());
        out.println("Artifacts");
        TextTable table = new TextTable("  ROLE", "BYTES", "SHA-256");
        version.artifacts().forEach(artifact -> table.row("  " + artifact.role(), artifact.size(), artifact.sha256()));
        table.printTo(out);
    }

    private void section(String title, Map<String, ?> values) {
        around.out().println(title);
        new TreeMap<>(values).forEach(this::line);
    }

    private void line(String key, Object value) {
        around.out().println(String.format("  %-28s %s", key, value));
    }

    private static Object orNone(@Nullable Object value) {
        return value == null ? "none" : value;
    }
}
