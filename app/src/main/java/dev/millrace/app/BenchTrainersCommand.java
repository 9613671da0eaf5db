package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.ModelRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace bench trainers}: several trainer processes share many models, some are killed again and again, and what
 * comes out is compared with one trainer that was left alone; or how throughput grows with processes where a step takes a
 * fixed time.
 *
 * <p>This process holds the broker, sends the examples, runs ingest and watches. The children run the role trainer as {@code
 * millrace run} does. All learn the same ledger.
 *
 * <p>A process that starts takes models over from others, which publish them as they are before they let go: a version at
 * a moment that depends on when that happened. So it is not the list of versions that must be the same, but each version
 * that has the position in the ledger of one of the trainer that was left alone: the same examples, steps, labels and files.
 * The newest version of each model is at the end of the ledger, and one of those.
 */
@Command(
        name = "trainers",
        description = {
            "Have several trainer processes share many models, kill any of them with SIGKILL at random moments, start them"
                    + " again, and prove that nothing differs from one trainer that was left alone with the same ledger.",
            "The newest version of each model, and every other where the trainer alone made one at the same place of the"
                    + " ledger, must have the same files; none may be lost, no number may be missing, no example may be learned twice or never. How long the"
                    + " models of a killed process stood still is measured.",
            "With --simulated-step no process is killed: each step takes that time, as if another machine computed it, and"
                    + " it is measured how many examples a second several numbers of processes learn.",
            "Exit code 0: all of it holds. 1: it does not."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench trainers --kills 10",
            "  millrace bench trainers --kills 100 --set trainer.session-timeout=6s --report trainers.json",
            "  millrace bench trainers --kills 20 --named",
            "  millrace bench trainers --kills 10 --set trainer.active-trainers=2",
            "  millrace bench trainers --simulated-step 100ms --processes 1,2,4"
        })
final class BenchTrainersCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(BenchTrainersCommand.class);
    private static final String ORIGIN = "default of this command";
    private static final String NEVER = "3650d";
    /** Some, so that a process that is killed has learned what is in no version. */
    private static final int MINI_BATCHES_A_VERSION = 4;
    /** Fewer, so that more of the versions that were made when models moved can be compared. */
    private static final int MINI_BATCHES_A_VERSION_ALONE = 2;

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--processes",
            paramLabel = "N",
            split = ",",
            defaultValue = "3",
            description = "Trainers at a time; several numbers with --simulated-step. Default: ${DEFAULT-VALUE}.")
    private List<Integer> processes = List.of();

    @Option(
            names = "--models",
            paramLabel = "N",
            defaultValue = "10",
            description = "Each in a partition of its own. Default: ${DEFAULT-VALUE}.")
    private int models;

    @Option(
            names = "--named",
            description = "Give each process an instance-id that it has again when it is started again.")
    private boolean named;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "8",
            description = "Examples a second of each model, while processes are killed. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--simulated-step",
            paramLabel = "SPAN",
            description = "How long each step takes, such as 50ms. Without it, as long as it takes.")
    private @Nullable String simulatedStep;

    @Option(
            names = "--window",
            paramLabel = "SPAN",
            defaultValue = "20s",
            description = "With --simulated-step: how long is measured. Default: ${DEFAULT-VALUE}.")
    private String window = "";

    @Mixin
    private final KillOptions killing = new KillOptions();

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchTrainersCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public Integer call() {
        int most = Collections.max(processes);
        if (Collections.min(processes) < 1 || models < most || rate <= 0) {
            throw new CommandException(
                    "--processes and --rate must be above 0, and --models at least as many as --processes");
        }
        if (simulatedStep == null && processes.size() > 1) {
            throw new CommandException("--processes takes several numbers with --simulated-step alone");
        }
        Duration step = simulatedStep == null ? Duration.ZERO : span("--simulated-step", simulatedStep);
        Duration measured = span("--window", window);
        SettingsLoader loader = loader();
        Settings settings = loader.load().settings();
        int batch = settings.recipe().batchSize();
        TrainersBench.Plan plan =
                new TrainersBench.Plan(processes.get(0), killing.kills(), rate, batch, killing.seed());
        report.require(around);
        Map<String, Object> figures = new LinkedHashMap<>();
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = killing.folder(around)) {
            logs.toFile(folder.path(), "bench-trainers");
            folder.run(() -> {
                Path path = folder.path().toAbsolutePath();
                try (EmbeddedBroker broker = EmbeddedBroker.start(path.resolve("kafka"));
                        TrainersStage stage = TrainersStage.set(loader, path, broker, around)) {
                    if (simulatedStep == null) {
                        kill(stage, stop, plan, settings.trainer().sessionTimeout(), figures);
                    } else {
                        measure(stage, new StepsBench(around, stop, stage, step, measured, batch), step, figures);
                    }
                }
            });
        }
        report.write(around, figures);
        return Boolean.FALSE.equals(figures.get("holds")) ? 1 : 0;
    }

    private static Duration span(String option, String text) {
        try {
            Duration span = DurationText.parse(text);
            if (span.isZero() || span.isNegative()) {
                throw new CommandException(option + " must be above 0, but is " + text);
            }
            return span;
        } catch (IllegalArgumentException e) {
            throw new CommandException(option + ": " + e.getMessage(), e);
        }
    }

    /** Nothing may depend on the time of day: mini-batches and versions end by count, or when a model moves. */
    private SettingsLoader loader() {
        SettingsLoader weak = new SettingsLoader()
                .put("trainer.batch-size", "8", ORIGIN)
                .put("trainer.rehearsal-capacity", "500", ORIGIN)
                .put("trainer.max-tokens", "64", ORIGIN);
        if (simulatedStep != null) {
            // What is computed here all the same should fit into the time that a step takes.
            weak.put("trainer.rehearsal-ratio", "0", ORIGIN).put("trainer.voters", "none", ORIGIN);
        }
        SettingsLoader loader = options.gather(weak);
        return loader.put("trainer.base", killing.base(around), "option --base")
                .put("trainer.threads", "1", ORIGIN)
                .put("trainer.max-batch-age", NEVER, ORIGIN)
                .put("trainer.idle-flush", NEVER, ORIGIN)
                .put("trainer.version-every", NEVER, ORIGIN)
                .put("kafka.partitions", Integer.toString(models), ORIGIN)
                .put("models", String.join(",", SpreadModels.names(models)), ORIGIN)
                .put("instance-id", "", ORIGIN)
                .put("http.port", "0", ORIGIN);
    }

    private void kill(
            TrainersStage stage,
            StopSignal stop,
            TrainersBench.Plan plan,
            Duration sessionTimeout,
            Map<String, Object> figures) {
        long begun = around.nanoTicker().getAsLong();
        int batch = plan.batch();
        TrainersBench bench = new TrainersBench(around, stop, stage, plan);
        TrainingSite shared = stage.site("shared", (long) batch * MINI_BATCHES_A_VERSION, named, Duration.ZERO);
        Map<String, List<Long>> ledger = bench.killed(shared);
        double killedSeconds = (around.nanoTicker().getAsLong() - begun) / 1e9;
        TrainingSite alone = stage.site("alone", (long) batch * MINI_BATCHES_A_VERSION_ALONE, false, Duration.ZERO);
        bench.alone(alone);
        ModelRegistry registry = shared.registry();
        Map<String, String> unverified = shared.unverified(registry);
        unverified.forEach((version, why) -> LOG.error("Version {} did not verify: {}", version, why));
        killing.fill(around, figures);
        figures.put("processes", processes.get(0));
        figures.put("models", models);
        figures.put("named", named);
        TrainersReport told = new TrainersReport(
                VersionComparison.of(registry, alone.registry(), ledger, bench.published()),
                unverified.size(),
                stage.produced() * models,
                bench,
                sessionTimeout);
        told.fill(figures);
        figures.put("killedSeconds", killedSeconds);
        figures.put("seconds", (around.nanoTicker().getAsLong() - begun) / 1e9);
        told.print(around.out());
    }

    private void measure(TrainersStage stage, StepsBench bench, Duration step, Map<String, Object> figures) {
        bench.fill(Collections.max(processes));
        List<StepsBench.Throughput> all = new ArrayList<>();
        for (int count : processes) {
            TrainingSite site = stage.site("group-" + all.size(), 500, false, step);
            all.add(bench.measure(site, count));
        }
        double first = all.get(0).examples();
        TextTable table = new TextTable(
                "simulated: each step takes " + DurationText.format(step),
                "examples/s",
                "ratio",
                "of what steps alone allow",
                "really computed, ms a step");
        List<Map<String, Object>> rows = new ArrayList<>();
        for (StepsBench.Throughput one : all) {
            table.row(
                    one.processes() + (one.processes() == 1 ? " process" : " processes"),
                    String.format(Locale.ROOT, "%.0f", one.examples()),
                    rounded(one.examples() / first),
                    String.format(Locale.ROOT, "%.1f%%", one.ofPossible() * 100),
                    rounded(one.computedMs()));
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("processes", one.processes());
            row.put("examplesPerSecond", one.examples());
            row.put("ratio", one.examples() / first);
            row.put("ofPossible", one.ofPossible());
            row.put("computedMs", one.computedMs());
            rows.add(row);
        }
        table.printTo(around.out());
        if (all.stream().anyMatch(one -> one.computedMs() > step.toNanos() / 1e6)) {
            around.out()
                    .println(
                            "What was computed took longer than that: these figures are of this machine's processors.");
        }
        around.out().flush();
        figures.put("simulatedStepMs", step.toNanos() / 1e6);
        figures.put("models", models);
        figures.put("throughput", rows);
    }

    private static String rounded(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
