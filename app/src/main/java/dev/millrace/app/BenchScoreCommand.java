package dev.millrace.app;

import dev.millrace.app.ScoreBench.Outcome;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Classifier;
import dev.millrace.model.Compute;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench score}: requests of many clients answered together, against the bare forward pass and one by one. */
@Command(
        name = "score",
        description = {
            "Time how many texts a second are answered: by the forward pass alone on batches of 64, to clients whose"
                    + " requests are answered together, and to clients that each compute their own.",
            "They take turns, so that a slow moment of the machine hits all of them. Each client asks for one text"
                    + " after the other; the texts are those of the sample, and the head is drawn at random."
        },
        footer = {"", "Examples:", "  millrace bench score", "  millrace bench score --clients 64 --rounds 5"})
final class BenchScoreCommand implements Runnable {

    private static final int TEXTS = 1024;
    private static final Duration WARM_UP = Duration.ofSeconds(1);

    private final Surroundings around;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "32",
            description = "That ask at the same time. Default: ${DEFAULT-VALUE}.")
    private int clients;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Turns of each way. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--turn",
            paramLabel = "MILLISECONDS",
            defaultValue = "4000",
            description = "Length of a turn. Default: ${DEFAULT-VALUE}.")
    private int turnMillis;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchScoreCommand(Surroundings around) {
        this.around = around;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (clients < 1 || rounds < 1 || turnMillis < 1) {
            throw new CommandException("--clients, --rounds and --turn must be >= 1");
        }
        report.require(around);
        Settings settings = options.load().settings();
        Compute compute = Learning.compute(settings.trainer());
        try (WorkFolder folder = WorkFolder.make(null);
                Classifier classifier = UntaughtClassifier.load(
                        Learning.base(settings, around.directory()),
                        settings.recipe().maxTokens(),
                        folder.path(),
                        compute)) {
            ScoreBench bench = new ScoreBench(classifier, texts(), clients, around.nanoTicker());
            measure(bench, settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private List<String> texts() {
        EndlessSample sample = new EndlessSample("bench", around.clock().instant());
        return LongStream.range(0, TEXTS)
                .mapToObj(sample::value)
                .map(ExampleJson::read)
                .map(LabelledExample::text)
                .toList();
    }

    private void measure(ScoreBench bench, Settings settings) throws InterruptedException {
        Duration turn = Duration.ofMillis(turnMillis);
        Duration warmUp = turn.compareTo(WARM_UP) < 0 ? turn : WARM_UP;
        bench.bare(warmUp);
        bench.unbatched(warmUp);
        List<Outcome> bare = new ArrayList<>();
        List<Outcome> batched = new ArrayList<>();
        List<Outcome> unbatched = new ArrayList<>();
        try (Progress progress = Progress.begin(around, "Scoring", "rounds", rounds)) {
            for (int i = 0; i < rounds; i++) {
                bare.add(bench.bare(turn));
                batched.add(bench.batched(turn, settings.score().limits()));
                unbatched.add(bench.unbatched(turn));
                progress.to(i + 1L);
            }
        }
        tell(middle(bare), middle(batched), middle(unbatched));
    }

    /** The turn whose throughput is the median. */
    private static Outcome middle(List<Outcome> turns) {
        return turns.stream()
                .sorted((one, other) -> Double.compare(one.textsPerSecond(), other.textsPerSecond()))
                .toList()
                .get(turns.size() / 2);
    }

    private void tell(Outcome bare, Outcome batched, Outcome unbatched) {
        TextTable table = new TextTable(clients + " clients, median of " + rounds, "texts/s", "p50 ms", "p99 ms");
        row(table, "forward pass alone, batches of 64", bare);
        row(table, "requests answered together", batched);
        row(table, "each request by itself", unbatched);
        table.printTo(around.out());
        double ofBare = batched.textsPerSecond() / bare.textsPerSecond();
        double ofUnbatched = batched.textsPerSecond() / unbatched.textsPerSecond();
        around.out()
                .println(String.format(
                        Locale.ROOT,
                        "together: %.2f of the forward pass alone, %.2f times each by itself",
                        ofBare,
                        ofUnbatched));
        around.out().flush();
        Map<String, Number> figures = new LinkedHashMap<>();
        figures.put("clients", clients);
        figures.put("bareTextsPerSecond", bare.textsPerSecond());
        figures.put("batchedTextsPerSecond", batched.textsPerSecond());
        figures.put("batchedP99Ms", batched.quantile(0.99));
        figures.put("unbatchedTextsPerSecond", unbatched.textsPerSecond());
        figures.put("unbatchedP99Ms", unbatched.quantile(0.99));
        figures.put("ratioToBare", ofBare);
        figures.put("ratioToUnbatched", ofUnbatched);
        report.write(around, figures);
    }

    private static void row(TextTable table, String name, Outcome outcome) {
        table.row(name, text(outcome.textsPerSecond()), text(outcome.quantile(0.5)), text(outcome.quantile(0.99)));
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
