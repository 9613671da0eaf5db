package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench quality}: one pass of a stream through the whole way, against the frozen baselines. */
@Command(
        name = "quality",
        description = {
            "Stream a file through the whole way on an embedded broker, in one pass, then score another with the served"
                    + " model.",
            "Frozen baselines get the same stream: 5 nearest neighbours, streaming linear discriminant analysis, and"
                    + " logistic regression."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench quality --train train.csv --test test.csv --label category --shuffle 1",
            "  millrace bench quality --train train.csv --test test.csv --limit 2000 --report quality.json",
            "  millrace bench quality --train train.csv --test test.csv --seeds 3 --page quality.html",
            "  millrace bench quality --train train.csv --test test.csv --tasks 7",
            "  millrace bench quality --train train.csv --test test.csv --shuffle 1 --drift swap-labels@0.5",
            "  millrace bench quality --train train.csv --test test.csv --shuffle 1 --noise 0.1 --imbalance 100",
            "  millrace bench quality --train train.csv --test test.csv --shuffle 1 --offline 3,8"
        })
final class BenchQualityCommand implements Runnable {

    private static final long VERSION_EVERY_EXAMPLES = 500;

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Mixin
    private final StreamOptions streams = new StreamOptions();

    @Option(names = "--train", paramLabel = "FILE", required = true, description = "Examples to stream.")
    private Path train = Path.of("");

    @Option(names = "--test", paramLabel = "FILE", required = true, description = "Examples to score at the end.")
    private Path test = Path.of("");

    @Option(
            names = "--offline",
            paramLabel = "EPOCHS",
            split = ",",
            description =
                    "Also train the same encoder offline on the same examples, for so many epochs, such as 3,8: the"
                            + " ceiling. Takes long.")
    private List<Integer> offline = new ArrayList<>();

    @Option(names = "--report", paramLabel = "FILE", description = "Write the figures as JSON.")
    private @Nullable Path report;

    @Option(names = "--chart", paramLabel = "FILE", description = "Draw accuracy along the stream, as PNG.")
    private @Nullable Path chart;

    @Option(
            names = "--page",
            paramLabel = "FILE",
            description = "Write tables and curves as one HTML page that needs nothing else.")
    private @Nullable Path page;

    BenchQualityCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
    }

    @Override
    public void run() {
        SettingsLoader loader = options.gather(OwnBroker.defaults(VERSION_EVERY_EXAMPLES));
        Settings given = loader.load().settings();
        StreamPlan plan = streams.plan();
        requireUsable(given);
        ExampleFile stream = ExampleFile.read(files, train, given, around);
        TestSet unseen = TestSet.of(ExampleFile.read(files, test, given, around).accepted());
        List<StreamedExample> examples =
                stream.accepted().stream().map(StreamedExample::of).toList();
        // What the labels do not suffice for is told before anything is started.
        List<StreamPlan.Drawn> drawn =
                streams.seeds().stream().map(seed -> plan.draw(examples, seed)).toList();
        List<Map<String, Object>> runs = new ArrayList<>();
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-quality");
            folder.run(() -> {
                for (int run = 0; run < drawn.size(); run++) {
                    // The first run has the recipe's own seed.
                    loader.put("trainer.seed", Long.toString(given.recipe().seed() + run), "option --seeds");
                    Path own = folder.path().resolve("run-" + run);
                    runs.add(measure(loader, own, stop, drawn.get(run), unseen, stream.refused()));
                }
            });
        }
        tell(plan, runs);
    }

    private void requireUsable(Settings given) {
        if (given.models().size() != 1) {
            throw new CommandException("one run trains one model, but the setting models names "
                    + given.models().size() + ": " + String.join(", ", given.models()));
        }
        if (offline.stream().anyMatch(epochs -> epochs < 1)) {
            throw new CommandException("--offline must be >= 1, but is " + offline);
        }
        if (report != null) {
            OutputFile.require("--report", around.directory().resolve(report), "");
        }
        if (chart != null) {
            OutputFile.require("--chart", around.directory().resolve(chart), ".png");
        }
        if (page != null) {
            OutputFile.require("--page", around.directory().resolve(page), ".html");
        }
    }

    private Map<String, Object> measure(
            SettingsLoader loader,
            Path folder,
            StopSignal stop,
            StreamPlan.Drawn stream,
            TestSet unseen,
            List<byte[]> refused) {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            Settings settings = OwnBroker.settings(loader, folder, broker);
            return new QualityRun(settings, around, stop, stream, stream.atTheEnd(unseen)).measure(refused, offline);
        }
    }

    private void tell(StreamPlan plan, List<Map<String, Object>> runs) {
        Map<String, Object> mean = runs.size() == 1 ? runs.get(0) : RunStatistics.mean(runs);
        Map<String, Object> spread = runs.size() == 1 ? Map.of() : RunStatistics.standardDeviation(runs);
        QualityTable table = new QualityTable(mean, spread);
        table.printTo(around.out());
        if (report != null) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("stream", plan.asMap());
            figures.put("seeds", streams.seeds());
            figures.putAll(mean);
            if (runs.size() > 1) {
                figures.put("standardDeviation", spread);
                figures.put("runs", runs);
            }
            JsonReport.write(around.directory().resolve(report), figures);
        }
        Curves curves = Curves.of(mean, spread);
        String title = plan + (runs.size() == 1 ? "" : ", mean of " + runs.size() + " runs");
        if (chart != null) {
            new CurveChart(train.getFileName() + ", " + title, curves)
                    .write(around.directory().resolve(chart));
        }
        if (page != null) {
            new QualityPage(String.valueOf(train.getFileName()), title, table, curves)
                    .write(around.directory().resolve(page));
        }
    }
}
