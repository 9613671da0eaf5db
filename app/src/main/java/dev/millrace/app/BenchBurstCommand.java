package dev.millrace.app;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench burst}: what becomes of a burst that is a hundred times what usually comes. */
@Command(
        name = "burst",
        description = {
            "Send examples of the sample evenly, then a burst, then evenly again, to ingest and a trainer on a broker of its"
                    + " own, and scrape their metrics five times a second until the lag is what it was before. Then look"
                    + " for each example: whether it lies in the ledger once and was learned.",
            "Exit code 1: one was lost or learned twice, other than what --set ingest.shed-above-lag=N says is to be shed."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench burst",
            "  millrace bench burst --set ingest.shed-above-lag=1000",
            "  millrace bench burst --rate 100 --set trainer.base=tiny"
        })
final class BenchBurstCommand implements Callable<Integer> {

    private static final long VERSION_EVERY_EXAMPLES = 500;
    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "10",
            description = "Examples a second that usually come. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Before the burst. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--factor",
            paramLabel = "N",
            defaultValue = "100",
            description = "That the rate is multiplied by in the burst. Default: ${DEFAULT-VALUE}.")
    private double factor;

    @Option(
            names = "--burst-seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long the burst lasts. Default: ${DEFAULT-VALUE}.")
    private double burstSeconds;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchBurstCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public Integer call() {
        if (!(rate > 0 && seconds > 0 && factor >= 1 && burstSeconds > 0)) {
            throw new CommandException("--rate, --seconds and --burst-seconds must be > 0, and --factor >= 1");
        }
        report.require(around);
        SettingsLoader loader = options.gather(
                        OwnBroker.defaults(VERSION_EVERY_EXAMPLES).put("http.port", "0", ORIGIN))
                // What is held out is not among the examples that a version says it has learned.
                .put("trainer.holdout-share", "0", ORIGIN);
        @Nullable BurstBench.Outcome[] outcome = {null};
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = WorkFolder.make(null);
                Progress progress = Progress.begin(around, "Lag", "records", -1)) {
            logs.toFile(folder.path(), "bench-burst");
            BurstBench.Plan plan = new BurstBench.Plan(rate, seconds, factor, burstSeconds);
            BurstBench bench = new BurstBench(around, plan, stop, progress::to);
            folder.run(() -> outcome[0] = bench.run(loader, folder.path()));
        }
        return outcome[0] != null && tell(outcome[0]) ? 0 : 1;
    }

    private boolean tell(BurstBench.Outcome outcome) {
        TextTable table = new TextTable(text("%.0f examples/s, and %.0f times that", rate, factor), "");
        table.row("sent", outcome.sent());
        table.row("in the ledger", outcome.ledger().present());
        table.row("shed", outcome.shed());
        table.row("in the ledger twice", outcome.ledger().twice());
        table.row("learned", outcome.learned());
        table.row("seconds of the burst", text("%.1f", outcome.burstSeconds()));
        table.row("lag before it, records", outcome.lagBefore());
        table.row("most lag, records", outcome.mostLag());
        table.row("seconds until the lag was what it had been", text("%.1f", outcome.caughtUpSeconds()));
        table.row("resident MB when it began", outcome.residentBefore() / 1_000_000);
        table.row("most resident MB", outcome.mostResident() / 1_000_000);
        table.printTo(around.out());
        around.out()
                .println(
                        outcome.isWhole()
                                ? "Each example was learned once"
                                        + (outcome.shed() > 0 ? ", or is counted as shed." : ".")
                                : "EXAMPLES WERE LOST, OR CAME TWICE.");
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ratePerSecond", rate);
        figures.put("factor", factor);
        figures.put("outcome", outcome);
        figures.put("whole", outcome.isWhole());
        report.write(around, figures);
        return outcome.isWhole();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
