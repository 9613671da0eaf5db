package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace broker}: a Kafka broker for trying things out, until it is stopped. */
@Command(
        name = "broker",
        description = {
            "Run a Kafka broker in this process, until Ctrl-C.",
            "It is Kafka itself, one node, reachable from this machine alone: for trying things out."
        },
        footer = {"", "Examples:", "  millrace broker", "  millrace broker --port 19092 --data /tmp/kafka"})
final class BrokerCommand implements Runnable {

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "9092",
            description = "The port for clients; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where the broker keeps its data. Default: kafka in the data directory.")
    private @Nullable Path data;

    BrokerCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.load().settings();
        if (port < 0 || port > 65_535) {
            throw new CommandException("--port must be from 0 to 65535, but is " + port);
        }
        Path dataDirectory = around.directory().resolve(settings.dataDirectory());
        Path directory = data == null
                ? dataDirectory.resolve("kafka")
                : around.directory().resolve(data);
        logs.use(settings.log());
        logs.toFile(dataDirectory, "broker");
        try (StopSignal stop = StopSignal.listen();
                EmbeddedBroker broker = start(directory)) {
            around.out()
                    .println("Kafka listens on " + broker.bootstrapServers() + ", its data is in " + directory
                            + "; Ctrl-C stops it.");
            around.out().flush();
            stop.await();
        }
    }

    private EmbeddedBroker start(Path directory) {
        try {
            return EmbeddedBroker.start(directory, port);
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new CommandException("cannot start the broker: " + e.getMessage(), e);
        }
    }
}
