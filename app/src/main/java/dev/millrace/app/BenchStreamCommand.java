package dev.millrace.app;

import dev.millrace.trainer.TrainingActivity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench stream}: what the way through Kafka and versions costs beside the training itself. */
@Command(
        name = "stream",
        description = {
            "Learn one stream the whole way, from records in Kafka to published versions on a broker of its own, and bare:"
                    + " the same mini-batches from memory. Then a loop as it is usually written learns the same examples: float32,"
                    + " padded, fused attention, no voters. The three take turns.",
            "All clocks start when the warm-up is learned, and stop when the last whole mini-batch is. The records are"
                    + " sent when the trainer is there, as fast as they go."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench stream",
            "  millrace bench stream --data train.csv --label category --rounds 1 --report stream.json",
            "  millrace bench stream --data train.csv --label category --rounds 3 --without-naive"
        })
final class BenchStreamCommand implements Runnable {

    private static final int USUAL_EXAMPLES = 2100;
    private static final long VERSION_EVERY_EXAMPLES = 1000;
    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Mixin
    private final BenchStream stream;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "2",
            description = "Each the whole way and bare. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "8",
            description = "Mini-batches before the clocks start. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--without-naive",
            description = "Leave out the loop as it is usually written, which takes most of the time.")
    private boolean withoutNaive;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchStreamCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
        this.stream = new BenchStream(around);
    }

    @Override
    public void run() {
        if (rounds < 1 || warmUp < 1) {
            throw new CommandException("--rounds and --warm-up must be >= 1");
        }
        report.require(around);
        SettingsLoader loader =
                options.gather(OwnBroker.defaults(VERSION_EVERY_EXAMPLES).put("http.port", "0", ORIGIN));
        String model = loader.load().settings().models().get(0);
        stream.requireUsable(files, model);
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-stream");
            folder.run(() -> {
                StreamBench bench =
                        new StreamBench(around, loader, () -> stream.open(files, model, USUAL_EXAMPLES), warmUp, stop);
                tell(measure(bench, folder.path()));
            });
        }
    }

    /** One round. */
    private record Round(StreamBench.Whole whole, StreamBench.Bare bare, Optional<StreamBench.Naive> naive) {

        double overBareStep() {
            return bare.seconds() / whole.seconds();
        }

        double overNaive(StreamBench.Naive usual) {
            return usual.seconds() / whole.seconds();
        }

        double prequential() {
            return (double) whole.lastStep().totalCorrect() / whole.lastStep().totalExamples();
        }
    }

    private List<Round> measure(StreamBench bench, Path folder) {
        List<Round> all = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            StreamBench.Whole whole;
            try (Progress progress = Progress.begin(around, "The whole way, round " + round, "mini-batches", -1)) {
                whole = bench.whole(folder.resolve("round-" + round), progress::to);
            }
            StreamBench.Bare bare;
            try (Progress progress = Progress.begin(around, "Bare, round " + round, "mini-batches", -1)) {
                bare = bench.bare(whole, progress::to);
            }
            all.add(new Round(whole, bare, withoutNaive ? Optional.empty() : Optional.of(naive(bench, whole, round))));
        }
        return all;
    }

    private StreamBench.Naive naive(StreamBench bench, StreamBench.Whole whole, int round) {
        try (Progress progress = Progress.begin(around, "The naive loop, round " + round, "mini-batches", -1)) {
            return bench.naive(whole, progress::to);
        }
    }

    private void tell(List<Round> all) {
        Timings whole = of(all, round -> round.whole().seconds());
        Timings bare = of(all, round -> round.bare().seconds());
        Timings ratio = of(all, Round::overBareStep);
        TextTable table = Timings.table(all.get(0).whole().ledger().size() + " examples of " + stream.name());
        whole.row("seconds, the whole way", table);
        bare.row("seconds, bare", table);
        ratio.row("bare over the whole way", table);
        Timings prequential = of(all, Round::prequential);
        Timings realTokens = of(all, round -> round.bare().realTokenShare());
        realTokens.row("share of the arithmetic that is no padding", table);
        prequential.row("prequential accuracy", table);
        Map<String, Object> figures = new LinkedHashMap<>();
        if (!withoutNaive) {
            tellNaive(all, table, figures);
        }
        Map<String, Double> shares = new TreeMap<>();
        for (TrainingActivity activity : TrainingActivity.values()) {
            String name = activity.name().toLowerCase(Locale.ROOT);
            Timings share = of(all, round -> round.whole().shares().getOrDefault(activity, 0.0));
            share.row("the training thread's share in " + name, table);
            shares.put(name, share.median());
        }
        table.printTo(around.out());
        around.out().flush();
        figures.put("examples", all.get(0).whole().ledger().size());
        figures.put("versions", all.get(0).whole().versions());
        figures.put("rounds", all.size());
        figures.put("endToEndSeconds", whole.median());
        figures.put("bareSeconds", bare.median());
        figures.put("overBareStep", ratio.median());
        figures.put("overBareStepRounds", all.stream().map(Round::overBareStep).toList());
        figures.put("realTokenShare", realTokens.median());
        figures.put("prequential", prequential.median());
        figures.put("threadShares", shares);
        report.write(around, figures);
    }

    private static void tellNaive(List<Round> all, TextTable table, Map<String, Object> figures) {
        Timings seconds = ofNaive(all, (round, usual) -> usual.seconds());
        Timings over = ofNaive(all, Round::overNaive);
        Timings prequential = ofNaive(all, (round, usual) -> usual.prequential());
        seconds.row("seconds, the naive loop in float32", table);
        over.row("the naive loop over the whole way", table);
        prequential.row("prequential accuracy of the naive loop", table);
        figures.put("naiveSeconds", seconds.median());
        figures.put("overNaive", over.median());
        figures.put("naivePrequential", prequential.median());
    }

    private static Timings ofNaive(List<Round> all, BiFunction<Round, StreamBench.Naive, Double> figure) {
        return of(all, round -> figure.apply(round, round.naive().orElseThrow()));
    }

    private static Timings of(List<Round> all, Function<Round, Double> figure) {
        return new Timings(all.stream().map(figure).toList());
    }
}
