package dev.millrace.app;

import dev.millrace.model.Compute;
import dev.millrace.model.MatrixProduct;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.SyntheticTraining;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench step}: the training step alone, against the same network as it is usually written. */
@Command(
        name = "step",
        description = {
            "Time the training step as this machine does it against the same network as it is usually written: float32,"
                    + " fused attention, autograd, AdamW operator by operator, through the same libtorch.",
            "All take turns, so that a slow moment of the machine hits each of them. Then one table shows where the time of"
                    + " the step goes, and what the machine's fastest matrix product would need for it."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench step",
            "  millrace bench step --batch 64 --tokens 16 --frozen-layers 3 --runs 40"
        })
final class BenchStepCommand implements Runnable {

    private static final int WARM_UP = 3;
    private static final int TRACED = 5;
    private static final int OPERATORS = 12;
    private static final int PRODUCTS = 5;

    private final Surroundings around;

    @Mixin
    private final SettingsOptions options;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Texts. Default: ${DEFAULT-VALUE}.")
    private int texts;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "32",
            description = "Of each text. Default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(
            names = "--frozen-layers",
            paramLabel = "N",
            description = "Lowest layers that the third step does not train, and whose output it has kept."
                    + " Default: two thirds of them.")
    private @Nullable Integer frozen;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "30",
            description = "Steps of each that are timed. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchStepCommand(Surroundings around) {
        this.around = around;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.load().settings();
        if (texts < 1 || tokens < 3 || runs < 1) {
            throw new CommandException("--batch and --runs must be >= 1 and --tokens >= 3");
        }
        report.require(around);
        Compute compute = Learning.compute(settings.trainer());
        PretrainedModel base = Learning.base(settings, around.directory());
        int layers = base.config().layers();
        int frozenLayers = frozen == null ? 2 * layers / 3 : frozen;
        if (frozenLayers < 1 || frozenLayers >= layers) {
            throw new CommandException(
                    "--frozen-layers must be 1 to " + (layers - 1) + ": the base has " + layers + " layers");
        }
        try (SyntheticTraining whole = new SyntheticTraining(base, compute, 0, texts, tokens);
                SyntheticTraining upper = new SyntheticTraining(base, compute, frozenLayers, texts, tokens);
                SyntheticTraining.Naive naive = whole.new Naive(compute);
                MatrixProduct product = new MatrixProduct(compute)) {
            List<Double> naiveMillis = new ArrayList<>();
            List<Double> wholeMillis = new ArrayList<>();
            List<Double> upperMillis = new ArrayList<>();
            List<Double> productMillis = new ArrayList<>();
            try (Progress progress = Progress.begin(around, "Stepping", "steps", WARM_UP + runs)) {
                for (int i = 0; i < WARM_UP + runs; i++) {
                    naiveMillis.add(time(naive::step));
                    wholeMillis.add(time(whole::step));
                    upperMillis.add(time(upper::step));
                    if (i < WARM_UP + PRODUCTS) {
                        productMillis.add(time(product::multiply));
                    }
                    progress.to(i + 1L);
                }
            }
            OperatorTimes operators = operators(whole);
            double least = new Timings(warm(productMillis)).quantile(0) * whole.weightProducts() / product.operations();
            tell(compute, frozenLayers, warm(naiveMillis), warm(wholeMillis), warm(upperMillis), operators, least);
        }
    }

    private static List<Double> warm(List<Double> all) {
        return all.subList(WARM_UP, all.size());
    }

    private static OperatorTimes operators(SyntheticTraining training) {
        try {
            Path trace = Files.createTempFile("millrace-step", ".json");
            try {
                training.trace(TRACED, trace);
                return OperatorTimes.read(trace, TRACED);
            } finally {
                Files.deleteIfExists(trace);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void tell(
            Compute compute,
            int frozenLayers,
            List<Double> naiveMillis,
            List<Double> wholeMillis,
            List<Double> upperMillis,
            OperatorTimes operators,
            double least) {
        Timings naive = new Timings(naiveMillis);
        Timings whole = new Timings(wholeMillis);
        Timings upper = new Timings(upperMillis);
        Timings ratios = ratios(naiveMillis, wholeMillis);
        Timings upperRatios = ratios(naiveMillis, upperMillis);
        String precision = compute.precision().name().toLowerCase(Locale.ROOT);
        TextTable table = Timings.table("ms a step of " + texts + " texts of " + tokens + " tokens");
        naive.row("naive, float32", table);
        whole.row("Millrace, " + precision, table);
        upper.row("the same, " + frozenLayers + " layers frozen", table);
        ratios.row("naive over Millrace, turn by turn", table);
        upperRatios.row("naive over frozen, turn by turn", table);
        table.printTo(around.out());
        around.out().println();
        TextTable where = new TextTable("operator, of a step that is traced", "ms", "share");
        for (String name : operators.longest(OPERATORS)) {
            double millis = Objects.requireNonNull(operators.millis().get(name));
            where.row(name, text(millis), text(100 * millis / operators.total()) + "%");
        }
        where.printTo(around.out());
        around.out()
                .println("matrix products of weights at the speed of this machine's fastest: " + text(least) + " ms");
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("batch", texts);
        figures.put("tokens", tokens);
        figures.put("precision", precision);
        figures.put("naiveFloat32Ms", naive.median());
        figures.put("stepMs", whole.median());
        figures.put("ratio", naive.median() / whole.median());
        figures.put("ratioQuartiles", List.of(ratios.quantile(0.25), ratios.quantile(0.75)));
        figures.put("frozenLayers", frozenLayers);
        figures.put("frozenPrefixMs", upper.median());
        figures.put("frozenPrefixRatio", naive.median() / upper.median());
        figures.put("frozenPrefixRatioQuartiles", List.of(upperRatios.quantile(0.25), upperRatios.quantile(0.75)));
        figures.put("productsAtPeakMs", least);
        figures.put("operatorsMs", operators.millis());
        report.write(around, figures);
    }

    private static Timings ratios(List<Double> naive, List<Double> ours) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            ratios.add(naive.get(i) / ours.get(i));
        }
        return new Timings(ratios);
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private double time(Runnable step) {
        long begun = around.nanoTicker().getAsLong();
        step.run();
        return (around.nanoTicker().getAsLong() - begun) / 1e6;
    }
}
