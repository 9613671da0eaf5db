package dev.millrace.app;

import dev.millrace.registry.AuditEntry;
import dev.millrace.registry.AuditLog;
import dev.millrace.registry.RegistryShapes;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace registry history}: all that ever happened, a line each. */
@Command(
        name = "history",
        description = "List all that ever happened to all models or to one: what, when, by whom, and why.",
        footer = {"", "Examples:", "  millrace registry history support", "  millrace registry history --json"})
final class RegistryHistoryCommand implements Runnable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "Only this model.")
    private @Nullable String model;

    @Mixin
    private final JsonOption json = new JsonOption();

    RegistryHistoryCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        List<AuditEntry> entries = entries(options.settings());
        if (json.given()) {
            json.print(around.out(), RegistryShapes.events(entries));
        } else if (entries.isEmpty()) {
            around.out().println("Nothing has happened yet.");
        } else {
            TextTable table = new TextTable("TIME", "MODEL", "WHAT", "VERSION", "ALIAS", "BEFORE", "BY", "WHY");
            entries.stream()
                    .map(AuditEntry::event)
                    .forEach(event -> table.row(
                            event.time(),
                            event.model(),
                            event.successor() == null ? event.action() : event.action() + " " + event.successor(),
                            orDash(event.version()),
                            orDash(event.alias()),
                            orDash(event.previous()),
                            event.by(),
                            event.reason()));
            table.printTo(around.out());
        }
        around.out().flush();
    }

    private List<AuditEntry> entries(Settings settings) {
        Cluster.connect(settings.kafka()).close();
        try {
            return AuditLog.entries(
                            settings.kafka().clientProperties(),
                            settings.topics().modelRegistry(),
                            PATIENCE)
                    .stream()
                    .filter(entry -> model == null || entry.event().model().equals(model))
                    .toList();
        } catch (KafkaException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Object orDash(@Nullable Object value) {
        return value == null ? "-" : value;
    }
}
