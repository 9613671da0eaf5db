package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.LedgerReader;
import dev.millrace.trainer.Replay;
import dev.millrace.trainer.ReplayException;
import dev.millrace.trainer.ReplayOutcome;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace registry replay}: folds a version again, and compares. */
@Command(
        name = "replay",
        description = {
            "Train a version, by default the champion, again from the base, or from one of its ancestors, and compare: every file must have the"
                    + " SHA-256 that its record names.",
            "Where this machine computes otherwise than the one that made the version, the replay says so, and compares"
                    + " the weights within a tolerance instead.",
            "Exit code 0: the same. 1: not the same, or an input is gone."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry replay support 12",
            "  millrace registry replay support champion --from 11"
        })
final class RegistryReplayCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Option(names = "--from", paramLabel = "ANCESTOR", description = "Begin with this version. Default: the base.")
    private @Nullable Long from;

    RegistryReplayCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        ModelRegistry registry = options.read(settings);
        VersionRecord version = named.in(registry, Alias.CHAMPION);
        Settings own = registry.job(version.model())
                .filter(job -> !settings.models().contains(job.model()))
                .map(job -> CatalogJobs.of(settings, job))
                .orElseGet(() -> settings.forModel(version.model()));
        PretrainedModel base = Learning.base(own, around.directory());
        ReplayOutcome outcome;
        long begun = around.nanoTicker().getAsLong();
        try (LedgerReader ledger = LedgerReader.open(
                        settings.kafka().clientProperties(), settings.topics().trainingExamples(), version.model());
                Progress progress = Progress.begin(around, "Replaying", "examples", version.examples())) {
            outcome = Replay.of(version, registry, base, options.store(settings))
                    .run(ledger, from == null ? OptionalLong.empty() : OptionalLong.of(from), progress::to);
        } catch (ReplayException | IllegalStateException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
        if (json.given()) {
            json.print(around.out(), tree(version, outcome));
            around.out().flush();
        } else {
            tell(version, outcome, (around.nanoTicker().getAsLong() - begun) / 1e9);
        }
        if (!outcome.isIdentical() && !outcome.isWithinTolerance()) {
            throw new CommandException("the replay is not the version");
        }
    }

    private static ObjectNode tree(VersionRecord version, ReplayOutcome outcome) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("model", version.model())
                .put("version", version.version())
                .put("examples", outcome.examples())
                .put("identical", outcome.isIdentical());
        ObjectNode files = json.putObject("files");
        new TreeMap<>(outcome.replayed())
                .forEach((role, sha256) -> files.putObject(role)
                        .put("recorded", outcome.recorded().get(role))
                        .put("replayed", sha256));
        outcome.otherRuntime().forEach(json.putArray("otherRuntime")::add);
        outcome.distance().ifPresent(distance -> json.put("distance", distance));
        return json;
    }

    private void tell(VersionRecord version, ReplayOutcome outcome, double seconds) {
        around.out()
                .println(String.format(
                        Locale.ROOT,
                        "Version %d of %s, again from %s: %d examples in %.1f s",
                        version.version(),
                        version.model(),
                        from == null ? "the base" : "version " + from,
                        outcome.examples(),
                        seconds));
        TextTable table = new TextTable("ROLE", "RECORDED", "REPLAYED", "");
        for (Map.Entry<String, String> file : new TreeMap<>(outcome.replayed()).entrySet()) {
            String recorded = outcome.recorded().getOrDefault(file.getKey(), "none");
            table.row(
                    file.getKey(),
                    recorded,
                    file.getValue(),
                    recorded.equals(file.getValue()) ? "the same" : "different");
        }
        table.printTo(around.out());
        if (!outcome.removedLater().isEmpty()) {
            around.out()
                    .println("The version was trained on examples that were to be forgotten after it, at offsets "
                            + outcome.removedLater() + ". The replay left them out, so it cannot be the same.");
        }
        outcome.otherRuntime().forEach(other -> around.out().println("Computed otherwise: " + other));
        outcome.distance()
                .ifPresent(distance -> around.out()
                        .println(String.format(
                                Locale.ROOT,
                                "The weights lie apart by %.4f of their distance to the base; up to %.2f counts as the same"
                                        + " where other hardware computed.",
                                distance,
                                ReplayOutcome.TOLERANCE)));
        around.out().flush();
    }
}
