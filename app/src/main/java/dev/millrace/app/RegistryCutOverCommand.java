package dev.millrace.app;

import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.Successor;
import dev.millrace.registry.VersionRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace registry cut-over}: lets one model be served in the place of another. */
@Command(
        name = "cut-over",
        description = {
            "Serve another model in the place of this one: whoever follows one of its aliases swaps to the same alias of the"
                    + " other while it answers. It is refused while the other has not caught up with its part of the"
                    + " ledger, or lacks an alias.",
            "Both models go on learning. --back undoes it: the aliases of the model itself are followed again."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry cut-over support --to support-2 --reason \"a larger base\"",
            "  millrace registry cut-over support --to support-2 --wait 10m",
            "  millrace registry cut-over support --back --reason \"too slow\""
        })
final class RegistryCutOverCommand extends GovernanceCommand {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BETWEEN_TWO_LOOKS = Duration.ofMillis(500);

    private final Surroundings around;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model whose place is taken.")
    private String model = "";

    /** There or back. */
    private static final class Direction {

        @Option(names = "--to", paramLabel = "OTHER", description = "The model that takes it.")
        private String to = "";

        @Option(names = "--back", description = "Serve the model itself again.")
        private boolean back;
    }

    @ArgGroup(multiplicity = "1")
    private Direction direction = new Direction();

    @Option(
            names = "--max-lag-examples",
            paramLabel = "N",
            description = "How many of its examples the newest version of OTHER may not have learned yet. Default: a"
                    + " mini-batch, trainer.batch-size.")
    private @Nullable Long maxLag;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            description = "Wait so long until OTHER has caught up, such as 10m. Default: not at all.")
    private String wait = "0s";

    @Option(
            names = "--force",
            description = "However far OTHER is, and whichever aliases it lacks; it must have a champion.")
    private boolean force;

    /** It cannot be served yet, but may be soon. */
    private static final class NotYetException extends RuntimeException {

        private static final long serialVersionUID = 1;

        NotYetException(String message) {
            super(message);
        }
    }

    RegistryCutOverCommand(Surroundings around) {
        super(around);
        this.around = around;
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        if (direction.back) {
            Successor before = governance.cutBack(model, asked);
            return "Whoever follows an alias of " + model + " is served its own versions again; before, those of "
                    + before.successor() + ".";
        }
        cutOver(governance, settings, direction.to, asked);
        return "Whoever follows an alias of " + model + " is served that of " + direction.to + " from now on."
                + System.lineSeparator() + champions(settings, direction.to);
    }

    private void cutOver(Governance governance, Settings settings, String to, Asked asked) {
        long most = mostBehind(settings, to);
        if (!force) {
            governance.onlyIf(registry -> {
                List<String> missing = registry.models().contains(model)
                        ? CatchUp.missing(settings, registry, model, to, most)
                        : List.of();
                if (!missing.isEmpty()) {
                    throw new NotYetException(to + " cannot be served in the place of " + model + " yet: "
                            + String.join("; ", missing)
                            + " (--wait waits for it, --max-lag-examples allows more, --force does not ask)");
                }
            });
        }
        long deadline = around.nanoTicker().getAsLong() + patience().toNanos();
        while (true) {
            try {
                governance.cutOver(model, to, asked);
                return;
            } catch (NotYetException e) {
                if (around.nanoTicker().getAsLong() - deadline >= 0) {
                    throw new CommandException(String.valueOf(e.getMessage()), e);
                }
                LockSupport.parkNanos(BETWEEN_TWO_LOOKS.toNanos());
            }
        }
    }

    private long mostBehind(Settings settings, String to) {
        if (maxLag == null) {
            return settings.forModel(to).recipe().batchSize();
        }
        if (maxLag < 0) {
            throw new CommandException("--max-lag-examples must be >= 0, but is " + maxLag);
        }
        return maxLag;
    }

    private Duration patience() {
        try {
            return DurationText.parse(wait);
        } catch (IllegalArgumentException e) {
            throw new CommandException("--wait: " + e.getMessage(), e);
        }
    }

    private String champions(Settings settings, String to) {
        var registry = RegistryReader.readAll(
                settings.kafka().clientProperties(), settings.topics().modelRegistry(), PATIENCE);
        return "The champion of " + to + " is "
                + registry.resolve(to, "champion")
                        .map(RegistryCutOverCommand::inWords)
                        .orElse("gone")
                + "; that of " + model + " is "
                + registry.resolve(model, "champion")
                        .map(RegistryCutOverCommand::inWords)
                        .orElse("gone") + ".";
    }

    private static String inWords(VersionRecord version) {
        return "version " + version.version() + ", which learned " + version.examples() + " examples";
    }
}
