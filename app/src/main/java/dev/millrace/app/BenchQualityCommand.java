package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.TextProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench quality}: one pass of a file through the whole way, against the frozen baselines. */
@Command(
        name = "quality",
        description = {
            "Stream a file through the whole way on an embedded broker, in one pass, then score another with the served"
                    + " model.",
            "Frozen baselines get the same stream: 5 nearest neighbours, and streaming linear discriminant analysis."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench quality --train train.csv --test test.csv --label category --shuffle 1",
            "  millrace bench quality --train train.csv --test test.csv --limit 2000 --report quality.json"
        })
final class BenchQualityCommand implements Runnable {

    private static final int TEXTS_AT_ONCE = 64;
    private static final long VERSION_EVERY_EXAMPLES = 500;

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Option(names = "--train", paramLabel = "FILE", required = true, description = "Examples to stream.")
    private Path train = Path.of("");

    @Option(names = "--test", paramLabel = "FILE", required = true, description = "Examples to score at the end.")
    private Path test = Path.of("");

    @Option(
            names = "--shuffle",
            paramLabel = "SEED",
            description = "Stream in an order drawn from this number, rather than in that of the file.")
    private @Nullable Long shuffle;

    @Option(names = "--limit", paramLabel = "N", description = "Stream the first N examples (after shuffling) alone.")
    private @Nullable Integer limit;

    @Option(names = "--report", paramLabel = "FILE", description = "Write the figures as JSON.")
    private @Nullable Path report;

    BenchQualityCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
    }

    /** A test file's texts and what they should be answered. */
    private record TestSet(List<String> texts, List<String> labels) {

        double accuracy(List<String> answers) {
            long right = 0;
            for (int i = 0; i < labels.size(); i++) {
                right += labels.get(i).equals(answers.get(i)) ? 1 : 0;
            }
            return (double) right / labels.size();
        }
    }

    @Override
    public void run() {
        SettingsLoader loader = options.gather(OwnBroker.defaults(VERSION_EVERY_EXAMPLES));
        loader.load();
        if (report != null) {
            JsonReport.requireWritable(around.directory().resolve(report));
        }
        if (limit != null && limit < 1) {
            throw new CommandException("--limit must be >= 1, but is " + limit);
        }
        TestSet testSet = readTest();
        try (StopSignal stop = StopSignal.listen();
                ExampleSource opened = files.open(train);
                ExampleSource ordered = shuffle == null ? opened : opened.shuffled(shuffle);
                ExampleSource source = limit == null ? ordered : ordered.limited(limit);
                WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-quality");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    Settings settings = OwnBroker.settings(loader, folder.path(), broker);
                    Map<String, Object> figures = measure(settings, source, testSet, stop);
                    print(figures);
                    if (report != null) {
                        JsonReport.write(around.directory().resolve(report), figures);
                    }
                }
            });
        } catch (IOException e) {
            throw new CommandException("cannot read " + train + ": " + e.getMessage(), e);
        }
    }

    private TestSet readTest() {
        List<String> texts = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        // The contract of examples, so that the test file is read as the stream is.
        ExampleParser parser =
                new ExampleParser(IngestSettings.of("unused:0", around.directory(), Set.of("test")), TextProbe.ANY);
        try (ExampleSource source = files.open(test)) {
            while (source.hasNext()) {
                Parsed parsed = parser.parse(
                        source.next(), new RecordHeaders(), around.clock().millis());
                if (parsed instanceof Parsed.Accepted accepted) {
                    texts.add(accepted.example().text());
                    labels.add(accepted.example().label());
                }
            }
        } catch (IOException e) {
            throw new CommandException("cannot read " + test + ": " + e.getMessage(), e);
        }
        if (texts.isEmpty()) {
            throw new CommandException("there are no examples in " + test);
        }
        return new TestSet(texts, labels);
    }

    private Map<String, Object> measure(Settings settings, ExampleSource source, TestSet testSet, StopSignal stop) {
        Map<String, Object> figures = new LinkedHashMap<>();
        List<LabelledExample> ledger;
        try (Pass pass = Pass.open(settings, around)) {
            long residentBefore = Memory.residentBytes();
            Pass.Outcome outcome = pass.stream(source, stop);
            ledger = outcome.accepted();
            figures.put("examples", ledger.size());
            figures.put("rejected", outcome.rejected());
            figures.put("duplicates", outcome.duplicates());
            figures.put("prequential", pass.curve().prequential());
            figures.put("prequentialLastQuarter", pass.curve().prequentialLastQuarter());
            figures.put("test", testSet.accuracy(answers(pass.scorer(), testSet.texts())));
            figures.put("trainingAccuracy", pass.curve().trainingAccuracy());
            figures.put("seconds", outcome.seconds());
            figures.put("examplesPerSecond", ledger.size() / outcome.seconds());
            figures.put("stepP50Ms", pass.curve().stepMillis().get(0));
            figures.put("stepP99Ms", pass.curve().stepMillis().get(1));
            figures.put("versions", outcome.served().version());
            figures.put("residentBytesBefore", residentBefore);
            figures.put("residentBytesAfter", Memory.residentBytes());
            figures.put("runtime", pass.rooms().runtime());
        }
        figures.put("baselines", baselines(settings, ledger, testSet, stop));
        return figures;
    }

    private List<String> answers(Scorer scorer, List<String> texts) {
        List<String> answers = new ArrayList<>();
        try (Progress progress = Progress.begin(around, "Testing", "texts", texts.size())) {
            for (int from = 0; from < texts.size(); from += TEXTS_AT_ONCE) {
                List<String> part = texts.subList(from, Math.min(texts.size(), from + TEXTS_AT_ONCE));
                scorer.score(part, 1)
                        .orElseThrow()
                        .predictions()
                        .forEach(prediction -> answers.add(prediction.label()));
                progress.to(answers.size());
            }
        }
        return answers;
    }

    private Map<String, Map<String, Double>> baselines(
            Settings settings, List<LabelledExample> ledger, TestSet testSet, StopSignal stop) {
        try (BaselineRun run = new BaselineRun(
                        Learning.base(settings),
                        Learning.compute(settings.trainer()),
                        settings.recipe().maxTokens());
                Progress progress = Progress.begin(around, "Baselines", "examples", ledger.size())) {
            run.learn(ledger, progress, stop);
            Map<String, List<String>> answers = run.predict(testSet.texts());
            Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
            run.prequential().forEach((name, accuracy) -> {
                Map<String, Double> own = new LinkedHashMap<>();
                own.put("prequential", accuracy);
                own.put(
                        "prequentialLastQuarter",
                        Objects.requireNonNull(run.prequentialLastQuarter().get(name)));
                own.put("test", testSet.accuracy(Objects.requireNonNull(answers.get(name))));
                figures.put(name, own);
            });
            return figures;
        }
    }

    private void print(Map<String, Object> figures) {
        TextTable table = new TextTable("", "prequential", "last quarter", "test");
        table.row(
                "fine-tuned as a stream",
                text(figures.get("prequential")),
                text(figures.get("prequentialLastQuarter")),
                text(figures.get("test")));
        if (figures.get("baselines") instanceof Map<?, ?> baselines) {
            baselines.forEach((name, values) -> {
                if (values instanceof Map<?, ?> own) {
                    table.row(
                            "frozen, " + name,
                            text(own.get("prequential")),
                            text(own.get("prequentialLastQuarter")),
                            text(own.get("test")));
                }
            });
        }
        table.printTo(around.out());
        around.out()
                .println(String.format(
                        Locale.ROOT,
                        "%s examples in %s s, %s a second; step p50 %s ms, p99 %s ms; %s",
                        figures.get("examples"),
                        rounded(figures.get("seconds")),
                        rounded(figures.get("examplesPerSecond")),
                        rounded(figures.get("stepP50Ms")),
                        rounded(figures.get("stepP99Ms")),
                        figures.get("runtime")));
        around.out().flush();
    }

    private static String rounded(@Nullable Object number) {
        return number instanceof Double value ? String.format(Locale.ROOT, "%.1f", value) : String.valueOf(number);
    }

    private static String text(@Nullable Object number) {
        return number instanceof Double value ? String.format(Locale.ROOT, "%.4f", value) : String.valueOf(number);
    }
}
