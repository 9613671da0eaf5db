package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.registry.VersionPublisher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench swap}: what those who ask feel of versions being swapped. */
@Command(
        name = "swap",
        description = {
            "Learn the sample on a broker of its own, then ask the served model from several threads:"
                    + " in turns for a while in peace, and for a while with its champion being moved to and fro.",
            "Loading a version takes the same cores that answer; what is shown is the whole of it."
        },
        footer = {"", "Examples:", "  millrace bench swap", "  millrace bench swap --threads 2 --swap-every 5s"})
final class BenchSwapCommand implements Runnable {

    private static final String ORIGIN = "this benchmark";
    private static final long VERSION_EVERY_EXAMPLES = 100;

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "4",
            description = "Of peace and swaps, in turns. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--span",
            paramLabel = "TIME",
            defaultValue = "15s",
            description = "Of each half of a round. Default: ${DEFAULT-VALUE}.")
    private String span = "";

    @Option(
            names = "--swap-every",
            paramLabel = "TIME",
            defaultValue = "3s",
            description = "Default: ${DEFAULT-VALUE}.")
    private String swapEvery = "";

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchSwapCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (threads < 1 || rounds < 1) {
            throw new CommandException("--threads and --rounds must be >= 1");
        }
        report.require(around);
        SettingsLoader loader =
                options.gather(OwnBroker.defaults(VERSION_EVERY_EXAMPLES).put("http.port", "0", ORIGIN));
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-swap");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"));
                        ExampleSource source = SampleStream.open().counted()) {
                    Settings settings = OwnBroker.settings(loader, folder.path(), broker);
                    try (Pass pass = Pass.open(settings, around)) {
                        measure(
                                pass,
                                settings,
                                pass.stream(source, stop).served().version());
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                } catch (ExecutionException e) {
                    throw new IllegalStateException("a question was not answered: " + e.getCause(), e);
                }
            });
        }
    }

    private void measure(Pass pass, Settings settings, long newest) throws InterruptedException, ExecutionException {
        if (newest < 2) {
            throw new CommandException("two versions are needed to swap between, but the sample made one");
        }
        String model = settings.models().get(0);
        List<Long> between = List.of(newest - 1, newest);
        Duration each = DurationText.parse(span);
        SwapBench.Asked peace = new SwapBench.Asked(List.of(), 0);
        SwapBench.Asked swaps = new SwapBench.Asked(List.of(), 0);
        try (VersionPublisher publisher = VersionPublisher.open(
                        settings.kafka().clientProperties(), settings.topics().modelRegistry(), "bench-swap");
                Progress progress = Progress.begin(around, "Asking", "rounds", rounds)) {
            SwapBench bench = new SwapBench(
                    around,
                    model,
                    pass.rooms().subscription(model).orElseThrow(),
                    pass.scorer(),
                    publisher,
                    SampleStream.UNSEEN);
            between.forEach(bench::promote);
            for (int round = 1; round <= rounds; round++) {
                peace = peace.and(bench.ask(threads, each, Duration.ZERO, between));
                swaps = swaps.and(bench.ask(threads, each, DurationText.parse(swapEvery), between));
                progress.to(round);
            }
        }
        tell(peace.latencies(), swaps.latencies());
    }

    private void tell(SwapBench.Latencies peace, SwapBench.Latencies swaps) {
        TextTable table =
                new TextTable("ms for an answer, " + threads + " asking", "requests", "swaps", "p50", "p99", "longest");
        row(table, "in peace", peace);
        row(table, "while versions are swapped", swaps);
        table.printTo(around.out());
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("threads", threads);
        figures.put("peace", peace);
        figures.put("swaps", swaps);
        report.write(around, figures);
    }

    private static void row(TextTable table, String what, SwapBench.Latencies latencies) {
        table.row(
                what,
                latencies.requests(),
                latencies.swaps(),
                millis(latencies.p50Ms()),
                millis(latencies.p99Ms()),
                millis(latencies.maxMs()));
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
