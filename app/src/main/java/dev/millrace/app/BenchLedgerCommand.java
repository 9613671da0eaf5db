package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench ledger}: what it takes to start a trainer on a ledger of ten million examples. */
@Command(
        name = "ledger",
        description = {
            "Write very many examples of one model to a ledger on a broker of its own, and a few of another behind them in"
                    + " the same partition. Then read them all as a replay does, and start trainers: of the second model"
                    + " without a version, which has to look through all of the first; of the second with a version near"
                    + " the end; of the first without a version, with all of them before it.",
            "Broker and trainer are one process, and its memory that of both. A version is the same however long the"
                    + " ledger is, so the model may be a small one.",
            "Exit code 1: an example of the second model was not learned once."
        },
        footer = {"", "Examples:", "  millrace bench ledger", "  millrace bench ledger --records 1000000"})
final class BenchLedgerCommand implements Callable<Integer> {

    private static final String LONG = "long";
    private static final String SHORT = "short";
    private static final int BATCHES = 4;
    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "10000000",
            description = "Examples of the first model. Default: ${DEFAULT-VALUE}.")
    private int records;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "50",
            description = "That the trainer of the first model makes. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchLedgerCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public Integer call() {
        if (records < 1 || steps < 1) {
            throw new CommandException("--records and --steps must be >= 1");
        }
        report.require(around);
        SettingsLoader loader = options.gather(
                        new SettingsLoader().put("http.port", "0", ORIGIN).put("trainer.idle-flush", "500ms", ORIGIN))
                .put("kafka.partitions", "1", ORIGIN)
                .put("models", LONG, ORIGIN);
        Map<String, Object> figures = new LinkedHashMap<>();
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-ledger");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    Settings settings = OwnBroker.settings(loader, folder.path(), broker);
                    measure(loader, settings, folder.path(), stop, figures);
                }
            });
        }
        report.write(around, figures);
        return Boolean.TRUE.equals(figures.get("exact")) ? 0 : 1;
    }

    private void measure(
            SettingsLoader loader, Settings settings, Path folder, StopSignal stop, Map<String, Object> figures) {
        Rooms.createTopics(settings, folder);
        LongLedgerBench bench = new LongLedgerBench(around, loader, settings, stop);
        long few = (long) BATCHES * settings.recipe().batchSize();
        long begun = around.nanoTicker().getAsLong();
        try (Progress progress = Progress.begin(around, "Writing", "examples", records)) {
            bench.fill(LONG, 0, records, progress::to);
        }
        double writing = (around.nanoTicker().getAsLong() - begun) / 1e9;
        bench.fill(SHORT, 0, few, sent -> {});
        double reading;
        try (Progress progress = Progress.begin(around, "Reading", "examples", records)) {
            reading = bench.readAll(LONG, records, progress::to);
        }
        LongLedgerBench.Start behind;
        LongLedgerBench.Start near;
        LongLedgerBench.Start from;
        try (Progress progress = Progress.begin(around, "Starting", "trainers", 3)) {
            behind = bench.startUntilLearned(SHORT, few);
            progress.to(1);
            bench.fill(SHORT, few, few, sent -> {});
            near = bench.startUntilLearned(SHORT, 2 * few);
            progress.to(2);
            from = bench.startUntilStepped(LONG, steps);
            progress.to(3);
        }
        boolean exact = behind.learned() == few && near.learned() == 2 * few;
        figures.put("records", records);
        figures.put("writtenPerSecond", records / writing);
        figures.put("readSeconds", reading);
        figures.put("readPerSecond", records / reading);
        figures.put("behindAll", behind);
        figures.put("nearTheEnd", near);
        figures.put("fromTheBeginning", from);
        figures.put("exact", exact);
        around.out()
                .println(text(
                        "%d examples written at %.0f/s; read as a replay does in %.1f s, %.0f/s",
                        records, records / writing, reading, records / reading));
        TextTable table = new TextTable(
                "start of a trainer", "held, s", "first step, s", "resident MB before", "most resident MB");
        row("behind all of them, no version", behind, table);
        row("with a version near the end", near, table);
        row("all of them before it, " + steps + " steps", from, table);
        table.printTo(around.out());
        around.out()
                .println(
                        exact
                                ? "What was behind them was learned once."
                                : "EXAMPLES WERE LOST, OR LEARNED TWICE: " + behind.learned() + " of " + few + ", then "
                                        + near.learned() + " of " + 2 * few + ".");
        around.out().flush();
    }

    private static void row(String name, LongLedgerBench.Start start, TextTable table) {
        table.row(
                name,
                text("%.1f", start.openedSeconds()),
                text("%.1f", start.steppedSeconds()),
                start.residentBefore() / 1_000_000,
                start.mostResident() / 1_000_000);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
