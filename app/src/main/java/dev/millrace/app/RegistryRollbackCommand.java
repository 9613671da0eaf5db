package dev.millrace.app;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.Governance;
import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.Pin;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.LedgerReader;
import java.time.Duration;
import org.apache.kafka.clients.producer.RecordMetadata;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace registry rollback}: takes an alias back to an earlier version, and holds it there. */
@Command(
        name = "rollback",
        description = {
            "Take an alias back to an earlier version, by default to the one that it led to before, and hold it there:"
                    + " subscribers swap at once, and no newer version moves it until unpin or promote.",
            "The trainer goes on from its newest version. With --forget it goes on from the version named: what it"
                    + " learned after that is left out of all later versions, as unlearn does."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry rollback support --reason \"wrong import at noon\"",
            "  millrace registry rollback support 12 --forget --reason \"wrong import at noon\""
        })
final class RegistryRollbackCommand extends GovernanceCommand {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Surroundings around;

    @Mixin
    private final NamedVersion named = new NamedVersion();

    @Option(
            names = "--forget",
            description = "Also leave out of later versions what came between that version and now.")
    private boolean forget;

    @Mixin
    private final AliasOption alias = new AliasOption();

    RegistryRollbackCommand(Surroundings around) {
        super(around);
        this.around = around;
    }

    @Override
    String change(Governance governance, Settings settings, Asked asked) {
        Pin pin = governance.rollBack(named.model(), named.given(), alias.name(), asked);
        String done = "Alias " + alias.name() + " of " + pin.model() + " is held at version " + pin.version()
                + "; before, it led to version " + pin.previous() + ".";
        return forget ? done + System.lineSeparator() + forgotten(settings, pin, asked) : done;
    }

    private String forgotten(Settings settings, Pin pin, Asked asked) {
        VersionRecord version = RegistryOptions.resolve(
                RegistryReader.readAll(
                        settings.kafka().clientProperties(), settings.topics().modelRegistry(), PATIENCE),
                pin.model(),
                Long.toString(pin.version()));
        long from = version.position().nextOffset();
        long end = end(settings, pin.model());
        if (end <= from) {
            return "Nothing has come since, so there is nothing to forget.";
        }
        RecordMetadata place = LedgerControl.append(
                settings,
                new ControlRecord(
                        pin.model(),
                        new ControlRecord.Forget(
                                OffsetRanges.parse(from + ".." + (end - 1)), "all after version " + pin.version()),
                        around.clock().instant(),
                        asked.by(),
                        asked.reason()));
        return "The trainer leaves out offsets " + from + " to " + (end - 1) + ", asked for at offset " + place.offset()
                + " of the ledger.";
    }

    private static long end(Settings settings, String model) {
        try (LedgerReader ledger = LedgerReader.open(
                settings.kafka().clientProperties(), settings.topics().trainingExamples(), model)) {
            return ledger.end();
        }
    }
}
