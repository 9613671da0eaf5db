package dev.millrace.app;

import dev.millrace.trainer.BareTraining;
import dev.millrace.trainer.LedgerReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench checkpoint}: how long training stands still for a version. */
@Command(
        name = "checkpoint",
        description = {
            "Learn a stream from memory, and copy the model now and then as it is copied for a version: the only thing that"
                    + " training waits for.",
            "The share of the time that is lost to it is for one version per 1000 examples: the median copy, against that"
                    + " and the median step times as many steps."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench checkpoint",
            "  millrace bench checkpoint --data train.csv --label category --limit 8000 --every 25"
        })
final class BenchCheckpointCommand implements Runnable {

    private static final int USUAL_EXAMPLES = 1600;
    private static final int WARM_UP = 3;
    private static final double EXAMPLES_A_VERSION = 1000;

    private final Surroundings around;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Mixin
    private final BenchStream stream;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "4",
            description = "Mini-batches between two copies. Default: ${DEFAULT-VALUE}.")
    private int every;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchCheckpointCommand(Surroundings around) {
        this.around = around;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
        this.stream = new BenchStream(around);
    }

    @Override
    public void run() {
        if (every < 1) {
            throw new CommandException("--every must be >= 1");
        }
        report.require(around);
        Settings settings = options.load().settings();
        List<LedgerReader.Entry> ledger = stream.ledger(files, settings, USUAL_EXAMPLES);
        List<Double> steps = new ArrayList<>();
        List<Double> copies = new ArrayList<>();
        try (BareTraining bare = new BareTraining(
                        Learning.base(settings, around.directory()),
                        Learning.compute(settings.trainer()),
                        settings.recipe(),
                        ledger,
                        around.nanoTicker());
                Progress progress = Progress.begin(around, "Learning", "mini-batches", bare.left())) {
            if (bare.left() < WARM_UP + every) {
                throw new CommandException("at least " + (WARM_UP + every) + " mini-batches are needed, but there are "
                        + bare.left() + ": take more examples");
            }
            for (int learned = 1; bare.left() > 0; learned++) {
                bare.learnNext().ifPresent(step -> steps.add(step.elapsed().toNanos() / 1e6));
                if (learned % every == 0) {
                    copies.add(bare.snapshot().toNanos() / 1e6);
                }
                progress.to(learned);
            }
        }
        tell(settings, new Timings(steps.subList(WARM_UP, steps.size())), new Timings(copies));
    }

    private void tell(Settings settings, Timings steps, Timings copies) {
        double stepsAVersion = EXAMPLES_A_VERSION / settings.recipe().batchSize();
        double learning = stepsAVersion * steps.median();
        double share = copies.median() / (copies.median() + learning);
        TextTable table = Timings.table("milliseconds");
        steps.row("step of " + settings.recipe().batchSize() + " fresh examples", table);
        copies.row("copy for a version", table);
        table.printTo(around.out());
        around.out()
                .println(String.format(
                        Locale.ROOT,
                        "at a version per 1000 examples, %.1f steps of the median: %.2f %% of the time are copies",
                        stepsAVersion,
                        100 * share));
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("stepMs", steps.median());
        figures.put("stepsPerVersion", stepsAVersion);
        figures.put("trainingMsPerVersion", learning);
        figures.put("copyMs", copies.median());
        figures.put("copyP99Ms", copies.quantile(0.99));
        figures.put("copies", copies.sorted().size());
        figures.put("stallShare", share);
        report.write(around, figures);
    }
}
