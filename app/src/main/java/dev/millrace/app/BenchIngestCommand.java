package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.model.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench ingest}: how many records ingest takes in a second, beside a bare copy of them. */
@Command(
        name = "ingest",
        description = {
            "Take records in on a broker of its own, in turns with a bare copy: one consumer and one producer with the"
                    + " same properties, exactly once and committed as often, that pass the same records on unread.",
            "Broker, ingest and copy share the cores of this machine. A turn lasts from the first record that is read to"
                    + " the end of the last transaction."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench ingest",
            "  millrace bench ingest --records 1000000 --set ingest.threads=2"
        })
final class BenchIngestCommand implements Runnable {

    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "300000",
            description = "Of each turn. Default: ${DEFAULT-VALUE}.")
    private int records;

    @Option(
            names = "--turns",
            paramLabel = "N",
            defaultValue = "5",
            description = "Of each that are timed. Default: ${DEFAULT-VALUE}.")
    private int turns;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "3",
            description = "Of each before these, while Java still compiles. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchIngestCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (records < 1 || turns < 1 || warmUp < 0) {
            throw new CommandException("--records and --turns must be >= 1, and --warm-up >= 0");
        }
        report.require(around);
        SettingsLoader loader = options.gather(new SettingsLoader().put("kafka.partitions", "1", ORIGIN));
        try (WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-ingest");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    Settings settings = OwnBroker.settings(loader, folder.path(), broker);
                    Rooms.createTopics(settings, folder.path());
                    measure(settings, folder.path());
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                }
            });
        }
    }

    private void measure(Settings settings, Path folder) throws InterruptedException {
        List<ProcessorMoment.Span> copies = new ArrayList<>();
        List<ProcessorMoment.Span> ingests = new ArrayList<>();
        IngestSettings ingesting = NeededTopics.ingestSettings(settings, folder);
        try (Tokenizer tokenizer = Learning.tokenizer(settings, around.directory())) {
            IngestBench bench = new IngestBench(
                    around,
                    ingesting,
                    settings.kafka().partitions(),
                    (model, text) -> tokenizer.hasTokens(text),
                    records,
                    RecordMix.USUAL,
                    "bench");
            try (Progress progress = Progress.begin(around, "Sending", "records", records)) {
                bench.fill(progress::to);
            }
            try (Progress progress = Progress.begin(around, "Copying and taking in", "turns", (long) warmUp + turns)) {
                for (int turn = 0; turn < warmUp + turns; turn++) {
                    ProcessorMoment.Span copy = bench.copy(turn);
                    ProcessorMoment.Span ingest = bench.ingest(turn);
                    if (turn >= warmUp) {
                        copies.add(copy);
                        ingests.add(ingest);
                    }
                    progress.to(turn + 1L);
                }
            }
        }
        tell(copies, ingests, ingesting.processingThreads());
    }

    private void tell(List<ProcessorMoment.Span> copies, List<ProcessorMoment.Span> ingests, int threads) {
        Timings copy = new Timings(copies.stream().map(this::perSecond).toList());
        Timings ingest = new Timings(ingests.stream().map(this::perSecond).toList());
        Timings ratio = new Timings(IntStream.range(0, copies.size())
                .mapToObj(turn -> perSecond(ingests.get(turn)) / perSecond(copies.get(turn)))
                .toList());
        Timings copyMicros =
                new Timings(copies.stream().map(this::processorMicros).toList());
        Timings ingestMicros =
                new Timings(ingests.stream().map(this::processorMicros).toList());
        TextTable table = new TextTable(
                records + " records, " + threads + (threads == 1 ? " thread" : " threads") + " of ingest",
                "median",
                "quartiles");
        row(table, "copied, records/s", "%.0f", copy);
        row(table, "taken in, records/s", "%.0f", ingest);
        row(table, "taken in over copied, of a turn", "%.2f", ratio);
        row(table, "copied, processor time of a record in us", "%.1f", copyMicros);
        row(table, "taken in, processor time of a record in us", "%.1f", ingestMicros);
        table.printTo(around.out());
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("records", records);
        figures.put("turns", turns);
        figures.put("threads", threads);
        put(figures, "copiedPerSecond", copy);
        put(figures, "recordsPerSecond", ingest);
        put(figures, "overBareCopy", ratio);
        put(figures, "copyProcessorMicros", copyMicros);
        put(figures, "ingestProcessorMicros", ingestMicros);
        report.write(around, figures);
    }

    private double perSecond(ProcessorMoment.Span span) {
        return records / span.seconds();
    }

    private double processorMicros(ProcessorMoment.Span span) {
        return span.processorSeconds() * 1e6 / records;
    }

    private static void row(TextTable table, String name, String format, Timings samples) {
        table.row(
                name,
                String.format(Locale.ROOT, format, samples.median()),
                String.format(Locale.ROOT, format + " to " + format, samples.quantile(0.25), samples.quantile(0.75)));
    }

    private static void put(Map<String, Object> figures, String name, Timings samples) {
        figures.put(name, samples.median());
        figures.put(name + "Quartiles", List.of(samples.quantile(0.25), samples.quantile(0.75)));
    }
}
