package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.IngestSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench join}: what many inputs take that wait for their labels. */
@Command(
        name = "join",
        description = {
            "Let many inputs wait for their labels on a broker of its own: how fast they are taken in, how much place they"
                    + " take on disk, how long ingest needs to go on with them after a restart and after its disk was"
                    + " lost, and how fast their labels are taken in.",
            "Broker and ingest share the cores of this machine."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench join",
            "  millrace bench join --pairs 100000 --set kafka.partitions=6 --set ingest.threads=2"
        })
final class BenchJoinCommand implements Runnable {

    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Inputs, and as many labels. Default: ${DEFAULT-VALUE}.")
    private int pairs;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchJoinCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (pairs < 1) {
            throw new CommandException("--pairs must be >= 1");
        }
        report.require(around);
        SettingsLoader loader = options.gather(
                new SettingsLoader().put("kafka.partitions", "1", ORIGIN).put("ingest.join-window", "7d", ORIGIN));
        try (WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-join");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    Settings settings = OwnBroker.settings(loader, folder.path(), broker);
                    Rooms.createTopics(settings, folder.path());
                    measure(settings, folder.path());
                }
            });
        }
    }

    private void measure(Settings settings, Path folder) {
        IngestSettings ingest = NeededTopics.ingestSettings(settings, folder);
        IngestSettings.Joining joining = ingest.joining();
        if (joining == null) {
            throw new CommandException("ingest.join-window must be above 0 for this benchmark");
        }
        JoinBench bench =
                new JoinBench(around, ingest, joining, settings.kafka().partitions(), pairs);
        try (Progress progress = Progress.begin(around, "Sending", "inputs", pairs)) {
            bench.sendInputs(progress::to);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("pairs", pairs);
        figures.put("threads", ingest.processingThreads());
        figures.put("partitions", settings.kafka().partitions());
        try (Progress progress = Progress.begin(around, "Joining", "parts", 4)) {
            ProcessorMoment.Span inputs = bench.takeInputs();
            figures.put("inputsPerSecond", pairs / inputs.seconds());
            figures.put("inputProcessorMicros", inputs.processorSeconds() * 1e6 / pairs);
            progress.to(1);
            figures.put("stateBytes", bench.stateBytes());
            figures.put("restartSeconds", bench.restart());
            progress.to(2);
            bench.deleteState();
            figures.put("restoreSeconds", bench.restart());
            progress.to(3);
            bench.sendLabels(sent -> {});
            ProcessorMoment.Span labels = bench.takeLabels();
            figures.put("labelsPerSecond", pairs / labels.seconds());
            figures.put("labelProcessorMicros", labels.processorSeconds() * 1e6 / pairs);
            progress.to(4);
        }
        tell(figures);
        report.write(around, figures);
    }

    private void tell(Map<String, Object> figures) {
        TextTable table = new TextTable(pairs + " inputs that wait, then their labels", "");
        row(table, "inputs taken in, records/s", "%.0f", figures, "inputsPerSecond");
        row(table, "processor time of an input in us", "%.1f", figures, "inputProcessorMicros");
        row(table, "local state, bytes", "%d", figures, "stateBytes");
        row(table, "start with the state on disk, seconds", "%.1f", figures, "restartSeconds");
        row(table, "start without it, seconds", "%.1f", figures, "restoreSeconds");
        row(table, "labels taken in, and examples made, records/s", "%.0f", figures, "labelsPerSecond");
        row(table, "processor time of a label in us", "%.1f", figures, "labelProcessorMicros");
        table.printTo(around.out());
        around.out().flush();
    }

    private static void row(TextTable table, String name, String format, Map<String, Object> figures, String figure) {
        table.row(name, String.format(Locale.ROOT, format, Objects.requireNonNull(figures.get(figure))));
    }
}
