package dev.millrace.app;

import dev.millrace.app.FreshnessBench.Way;
import dev.millrace.broker.EmbeddedBroker;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench freshness}: from an example being sent to a version being served that has learned it. */
@Command(
        name = "freshness",
        description = {
            "Send examples at a steady rate on a broker of its own, with ingest, trainer, store, registry and a subscriber"
                    + " in this process, and time each from being sent to the first version that is served with it.",
            "An example waits up to trainer.version-every for a version to be due, whatever the machine: the figures"
                    + " beyond that are what the machine and Millrace add."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench freshness",
            "  millrace bench freshness --rate 20 --set trainer.version-every=5s"
        })
final class BenchFreshnessCommand implements Runnable {

    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "4",
            description = "Examples a second. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--examples",
            paramLabel = "N",
            defaultValue = "160",
            description = "That are followed. Default: ${DEFAULT-VALUE}.")
    private int examples;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "5",
            description = "Versions to be served before that. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchFreshnessCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (!(rate > 0 && rate <= 1000) || examples < 1 || warmUp < 1) {
            throw new CommandException("--rate must be above 0 and at most 1000, --examples and --warm-up >= 1");
        }
        report.require(around);
        SettingsLoader loader = options.gather(new SettingsLoader()
                .put("kafka.partitions", "1", ORIGIN)
                .put("http.port", "0", ORIGIN)
                .put("trainer.version-every", "2s", ORIGIN)
                .put("trainer.max-batch-age", "500ms", ORIGIN));
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-freshness");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    measure(OwnBroker.settings(loader, folder.path(), broker), stop);
                }
            });
        }
    }

    private void measure(Settings settings, StopSignal stop) {
        if (settings.models().size() != 1 || settings.kafka().partitions() != 1) {
            throw new CommandException("models must name one model, and kafka.partitions must be 1");
        }
        FreshnessWatch watch = new FreshnessWatch(around.nanoTicker());
        List<Way> ways;
        try (Rooms rooms = Rooms.start(
                        settings, EnumSet.of(Role.INGEST, Role.TRAINER, Role.SCORE), around, watch.observers());
                Progress progress = Progress.begin(around, "Sending", "examples", examples)) {
            FreshnessBench bench =
                    new FreshnessBench(around, settings, rooms, watch, Duration.ofNanos((long) (1e9 / rate)));
            ways = bench.ways(warmUp, examples, stop, progress::to);
        }
        tell(ways, settings.trainer().versionEvery(), watch.versions());
    }

    private void tell(List<Way> ways, Duration interval, int versions) {
        Map<String, Timings> stages = new LinkedHashMap<>();
        stages.put("ingest", of(ways, Way::ingest));
        stages.put("batch", of(ways, Way::batch));
        stages.put("step", of(ways, Way::step));
        stages.put("version", of(ways, Way::version));
        stages.put("writing", of(ways, Way::writing));
        stages.put("publishing", of(ways, Way::publishing));
        stages.put("loading", of(ways, Way::loading));
        Timings whole = of(ways, Way::whole);
        Timings beyond = of(ways, way -> way.whole() - interval.toMillis());
        TextTable table = Timings.table(
                "ms, of " + ways.size() + " examples in " + versions + " versions, one every " + interval.toMillis());
        stages.get("ingest").row("sent, until it is in the ledger", table);
        stages.get("batch").row("until its mini-batch is closed and its step begins", table);
        stages.get("step").row("its step", table);
        stages.get("version").row("until a version is due and begun", table);
        stages.get("writing").row("files written and judged", table);
        stages.get("publishing").row("published", table);
        stages.get("loading").row("loaded by the subscriber, until it serves", table);
        whole.row("sent to served", table);
        beyond.row("beyond the interval", table);
        table.printTo(around.out());
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("examples", ways.size());
        figures.put("versions", versions);
        figures.put("ratePerSecond", rate);
        figures.put("intervalMs", interval.toMillis());
        figures.put("p50Ms", beyond.median());
        figures.put("p99Ms", beyond.quantile(0.99));
        figures.put("wholeP50Ms", whole.median());
        figures.put("wholeQuartilesMs", List.of(whole.quantile(0.25), whole.quantile(0.75)));
        figures.put("wholeP99Ms", whole.quantile(0.99));
        Map<String, Double> medians = new LinkedHashMap<>();
        stages.forEach((stage, timings) -> medians.put(stage, timings.median()));
        figures.put("stageMediansMs", medians);
        report.write(around, figures);
    }

    private static Timings of(List<Way> ways, ToDoubleFunction<Way> stage) {
        return new Timings(ways.stream().mapToDouble(stage).boxed().toList());
    }
}
