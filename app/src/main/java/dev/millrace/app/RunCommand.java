package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace run}: the rooms against a real cluster, until stopped. */
@Command(
        name = "run",
        description =
                "Run ingest, trainer, registry, scoring and predicting, or some of them, against a Kafka cluster.",
        footer = {
            "",
            "Examples:",
            "  millrace run -c millrace.yaml",
            "  millrace run -c millrace.yaml --roles ingest,trainer",
            "  millrace run --bootstrap-servers kafka:9092 --roles score --set http.host=0.0.0.0 --set http.viewer-token-file=token",
            "  millrace run --bootstrap-servers kafka:9092 --roles predict"
        })
final class RunCommand implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final ClusterOptions options;

    @Option(
            names = "--roles",
            paramLabel = "ROLE",
            split = ",",
            description = "What this process does: ${COMPLETION-CANDIDATES}. Default: all of them.")
    private Set<Role> roles = EnumSet.allOf(Role.class);

    RunCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new ClusterOptions(around);
    }

    @Override
    public void run() {
        EffectiveSettings effective = options.load();
        Settings settings = effective.settings();
        Path data = around.directory().resolve(settings.dataDirectory());
        logs.use(settings.log());
        Path log = logs.toFile(data, "run");
        effective.logTo(LOG);
        Observers nobody = new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE);
        try (StopSignal stop = StopSignal.listen();
                Rooms rooms = Rooms.start(settings, roles, around, nobody)) {
            String names = EnumSet.copyOf(roles).stream()
                    .map(role -> role.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", "));
            around.out()
                    .println("Running " + names + " for " + String.join(", ", settings.models()) + "; metrics at "
                            + rooms.address() + "/metrics, log in " + log + ". Ctrl-C ends it.");
            around.out().flush();
            awaitEnd(stop, rooms);
        }
    }

    /** Ends when asked to, and when a room has stopped: a supervisor then starts the process again. */
    private static void awaitEnd(StopSignal stop, Rooms rooms) {
        while (!stop.await(Duration.ofSeconds(1))) {
            rooms.lookAtHealth();
            Optional<Throwable> failure = rooms.failure();
            if (failure.isPresent()) {
                throw new IllegalStateException(
                        "a room has stopped: " + failure.get().getMessage(), failure.get());
            }
        }
    }
}
