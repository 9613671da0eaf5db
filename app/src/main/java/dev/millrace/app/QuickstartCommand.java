package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.RegistryApi;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace quickstart}: everything in one process, with sample data or the user's own. */
@Command(
        name = "quickstart",
        description = {
            "Watch the whole way at work: an embedded Kafka broker, labelled examples, fine-tuning, versions, serving.",
            "It streams the messages of a help desk that ship with Millrace, or a file of your own."
        },
        footer = {
            "",
            "Examples:",
            "  millrace quickstart",
            "  millrace quickstart --examples tickets.csv --text message --label queue",
            "  millrace quickstart --exit --report report.json"
        })
final class QuickstartCommand implements Runnable {

    private static final long VERSION_EVERY_EXAMPLES = 100;
    // Up to this size a file is read into memory first, so that the progress bar knows its end.
    private static final long COUNTED_BYTES = 64L << 20;

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Option(
            names = "--examples",
            paramLabel = "FILE",
            description = "Your own examples, as CSV, TSV or JSON lines, instead of the sample.")
    private @Nullable Path examples;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Keep broker, versions and log in this new folder; without it they go when the command ends.")
    private @Nullable Path data;

    @Option(names = "--report", paramLabel = "FILE", description = "Write the figures of the table as JSON.")
    private @Nullable Path report;

    @Option(names = "--exit", description = "End after the table, rather than serve until Ctrl-C.")
    private boolean exit;

    QuickstartCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
    }

    @Override
    public void run() {
        SettingsLoader loader = options.gather(OwnBroker.defaults(VERSION_EVERY_EXAMPLES));
        // What is wrong with the settings is told before anything is started.
        logs.use(loader.load().settings().log());
        if (report != null) {
            OutputFile.require("--report", around.directory().resolve(report), "");
        }
        try (StopSignal stop = StopSignal.listen();
                ExampleSource source = open();
                WorkFolder folder =
                        WorkFolder.make(data == null ? null : around.directory().resolve(data))) {
            logs.toFile(folder.path(), "quickstart");
            say("Starting a Kafka broker, ingest, trainer, registry and scoring in this process;"
                    + " the sample takes about a minute on two cores ...");
            folder.run(() -> stream(loader, folder, source, stop));
        } catch (IOException e) {
            throw new CommandException("cannot read the examples: " + e.getMessage(), e);
        }
    }

    private void stream(SettingsLoader loader, WorkFolder folder, ExampleSource source, StopSignal stop) {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
            Settings settings = OwnBroker.settings(loader, folder.path(), broker);
            try (Pass pass = Pass.open(settings, around)) {
                finish(pass, settings, pass.stream(source, stop), stop);
            }
        }
    }

    private ExampleSource open() throws IOException {
        if (examples == null) {
            return SampleStream.open().counted();
        }
        ExampleSource source = files.open(examples);
        return source.totalBytes().orElse(0) <= COUNTED_BYTES ? source.counted() : source;
    }

    private void finish(Pass pass, Settings settings, Pass.Outcome outcome, StopSignal stop) {
        double seconds = secondsSinceStart(around.clock().instant());
        Map<String, Object> figures = figures(pass, outcome, seconds);
        Map<String, Double> lastQuarter = new LinkedHashMap<>();
        Map<String, Double> baselines = baselines(settings, outcome.accepted(), lastQuarter, stop);
        figures.put("baseline", Collections.max(baselines.values()));
        figures.put("baselines", baselines);
        PrintWriter out = around.out();
        printTable(pass, outcome, seconds, baselines, lastQuarter);
        printScores(pass.scorer(), outcome);
        URI address = pass.rooms().address();
        out.println();
        out.println("  console   " + address + "/");
        out.println("  metrics   " + address + "/metrics");
        out.println("  registry  " + address + RegistryApi.ROOT + "/models");
        String text = examples == null ? SampleStream.UNSEEN.get(0) : "a text of yours";
        out.println("  scoring   curl " + address + "/v1/score -d '{\"text\": \"" + text + "\"}'");
        out.println();
        if (report != null) {
            JsonReport.write(around.directory().resolve(report), figures);
        }
        if (exit) {
            out.flush();
            return;
        }
        say("The model is served, and learns what is sent to the topic "
                + settings.topics().examples() + " on " + settings.kafka().bootstrapServers() + ". Ctrl-C ends it.");
        stop.await();
    }

    private Map<String, Double> baselines(
            Settings settings, List<LabelledExample> ledger, Map<String, Double> lastQuarter, StopSignal stop) {
        try (BaselineRun run = new BaselineRun(
                        Learning.base(settings, around.directory()),
                        Learning.compute(settings.trainer()),
                        settings.recipe().maxTokens());
                Progress progress = Progress.begin(around, "Baselines", "examples", ledger.size())) {
            run.learn(ledger, progress, stop);
            Map<String, Double> all = new LinkedHashMap<>();
            run.answers().forEach((name, answers) -> {
                PrequentialAnswers own = PrequentialAnswers.of(ledger, answers);
                all.put(name, own.accuracy());
                lastQuarter.put(name, own.lastQuarter());
            });
            return all;
        }
    }

    private static double secondsSinceStart(Instant moment) {
        Instant started =
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
        return Duration.between(started, moment).toMillis() / 1e3;
    }

    private static double firstVersionSeconds(Pass pass) {
        return secondsSinceStart(pass.curve().firstVersionAt().orElseThrow());
    }

    private Map<String, Object> figures(Pass pass, Pass.Outcome outcome, double seconds) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("accepted", outcome.accepted().size());
        figures.put("rejected", outcome.rejected());
        figures.put("duplicates", outcome.duplicates());
        figures.put("versions", outcome.served().version());
        figures.put("prequential", pass.curve().prequential());
        figures.put(
                "prequentialLastQuarter",
                PrequentialAnswers.of(outcome.accepted(), pass.curve().answers())
                        .lastQuarter());
        figures.put("secondsToFirstVersion", firstVersionSeconds(pass));
        figures.put("seconds", seconds);
        return figures;
    }

    private void printTable(
            Pass pass,
            Pass.Outcome outcome,
            double seconds,
            Map<String, Double> baselines,
            Map<String, Double> lastQuarter) {
        TextTable counts = new TextTable("", "");
        counts.row("  examples accepted", outcome.accepted().size());
        outcome.rejected().forEach((reason, count) -> counts.row("  rejected: " + reason, count));
        counts.row("  left out as duplicates", outcome.duplicates());
        counts.row("  versions", outcome.served().version());
        counts.row("  seconds to the first version", seconds(firstVersionSeconds(pass)));
        counts.row("  seconds in all", seconds(seconds));
        counts.printTo(around.out());
        TextTable accuracy = new TextTable("  PREQUENTIAL ACCURACY", "all", "last quarter");
        accuracy.row(
                "  fine-tuned as a stream",
                share(pass.curve().prequential()),
                share(PrequentialAnswers.of(outcome.accepted(), pass.curve().answers())
                        .lastQuarter()));
        baselines.forEach((name, all) ->
                accuracy.row("  frozen baseline: " + name, share(all), share(lastQuarter.getOrDefault(name, 0.0))));
        around.out().println();
        accuracy.printTo(around.out());
        around.out().println("  (each example is answered before it is learned)");
    }

    private static String share(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private void printScores(Scorer scorer, Pass.Outcome outcome) {
        List<LabelledExample> ledger = outcome.accepted();
        List<String> texts = examples == null
                ? SampleStream.UNSEEN
                : ledger.subList(Math.max(0, ledger.size() - 3), ledger.size()).stream()
                        .map(LabelledExample::text)
                        .toList();
        ScoreResponse response = scorer.score(texts, 1).orElseThrow();
        around.out().println();
        around.out()
                .println("  Version " + response.version() + " of " + response.model()
                        + (examples == null
                                ? " says of messages that it never saw:"
                                : " says of the last ones it learned:"));
        for (int i = 0; i < texts.size(); i++) {
            ScoreResponse.Prediction prediction = response.predictions().get(i);
            around.out()
                    .println(String.format(
                            Locale.ROOT,
                            "  %-20s %.2f  %s",
                            prediction.label(),
                            prediction.confidence(),
                            texts.get(i)));
        }
    }

    private void say(String line) {
        around.out().println(line);
        around.out().flush();
    }
}
