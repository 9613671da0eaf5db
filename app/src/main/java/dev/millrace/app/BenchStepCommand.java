package dev.millrace.app;

import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.SyntheticTraining;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench step}: the training step alone, against the same network in float32. */
@Command(
        name = "step",
        description = {
            "Time the training step as this machine does it, against the same network in float32, in one run.",
            "The two take turns, so that a slow moment of the machine hits both."
        },
        footer = {"", "Examples:", "  millrace bench step", "  millrace bench step --batch 64 --tokens 16 --runs 40"})
final class BenchStepCommand implements Runnable {

    private static final int WARM_UP = 3;

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
            names = "--runs",
            paramLabel = "N",
            defaultValue = "20",
            description = "Steps that are timed. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(names = "--report", paramLabel = "FILE", description = "Write the figures as JSON.")
    private @Nullable Path report;

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
        Compute fast = Learning.compute(settings.trainer());
        Compute plain = new Compute(fast.device(), Compute.Precision.FLOAT32, fast.threads());
        PretrainedModel base = Learning.base(settings, around.directory());
        List<Double> fastMillis = new ArrayList<>();
        List<Double> plainMillis = new ArrayList<>();
        try (SyntheticTraining one = new SyntheticTraining(base, fast, texts, tokens);
                SyntheticTraining other = new SyntheticTraining(base, plain, texts, tokens);
                Progress progress = Progress.begin(around, "Stepping", "steps", WARM_UP + runs)) {
            for (int i = 0; i < WARM_UP + runs; i++) {
                double plainStep = time(other);
                double fastStep = time(one);
                if (i >= WARM_UP) {
                    plainMillis.add(plainStep);
                    fastMillis.add(fastStep);
                }
                progress.to(i + 1L);
            }
        }
        tell(fast, fastMillis, plainMillis);
    }

    private void tell(Compute fast, List<Double> fastMillis, List<Double> plainMillis) {
        Collections.sort(fastMillis);
        Collections.sort(plainMillis);
        double fastMedian = fastMillis.get(fastMillis.size() / 2);
        double plainMedian = plainMillis.get(plainMillis.size() / 2);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("batch", texts);
        figures.put("tokens", tokens);
        figures.put("precision", fast.precision().name().toLowerCase(Locale.ROOT));
        figures.put("naiveFloat32Ms", plainMedian);
        figures.put("stepMs", fastMedian);
        figures.put("ratio", plainMedian / fastMedian);
        TextTable table =
                new TextTable("step of " + texts + " texts of " + tokens + " tokens", "min ms", "median", "max");
        table.row("float32", text(plainMillis.get(0)), text(plainMedian), text(plainMillis.get(runs - 1)));
        table.row(
                Objects.toString(figures.get("precision")) + ", as trained here",
                text(fastMillis.get(0)),
                text(fastMedian),
                text(fastMillis.get(runs - 1)));
        table.printTo(around.out());
        around.out().println(String.format(Locale.ROOT, "ratio of the medians: %.2f", plainMedian / fastMedian));
        around.out().flush();
        if (report != null) {
            JsonReport.write(around.directory().resolve(report), figures);
        }
    }

    private static String text(double millis) {
        return String.format(Locale.ROOT, "%.1f", millis);
    }

    private double time(SyntheticTraining training) {
        long begun = around.nanoTicker().getAsLong();
        training.step();
        return (around.nanoTicker().getAsLong() - begun) / 1e6;
    }
}
