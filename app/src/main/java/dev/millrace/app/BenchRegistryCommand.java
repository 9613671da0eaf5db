package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.VersionPublisher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench registry}: how long a large registry takes to read, and a promotion to reach a subscriber. */
@Command(
        name = "registry",
        description = {
            "Fill a registry on a broker of its own, then time how long it takes to read it from its beginning,"
                    + " and how long a promotion takes to reach a subscriber.",
            "The files of its versions are a byte long, so what is timed is the registry and no model's loading."
        },
        footer = {"", "Examples:", "  millrace bench registry", "  millrace bench registry --models 20 --versions 1000"
        })
final class BenchRegistryCommand implements Runnable {

    private static final int FOLDS = 7;
    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(names = "--models", paramLabel = "N", defaultValue = "200", description = "Default: ${DEFAULT-VALUE}.")
    private int models;

    @Option(
            names = "--versions",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Of all models together. Default: ${DEFAULT-VALUE}.")
    private int versions;

    @Option(
            names = "--promotions",
            paramLabel = "N",
            defaultValue = "500",
            description = "That are timed. Default: ${DEFAULT-VALUE}.")
    private int promotions;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchRegistryCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public void run() {
        if (models < 1 || promotions < 1 || versions < 2 * models) {
            throw new CommandException(
                    "--models and --promotions must be >= 1, and --versions at least twice the number of models");
        }
        report.require(around);
        SettingsLoader loader = options.gather(new SettingsLoader().put("kafka.partitions", "1", ORIGIN));
        try (WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-registry");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    Settings settings = OwnBroker.settings(loader, folder.path(), broker);
                    Rooms.createTopics(settings, folder.path());
                    tell(measure(new RegistryBench(around, settings, models, versions), settings));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                }
            });
        }
    }

    private Map<String, Number> measure(RegistryBench bench, Settings settings)
            throws IOException, InterruptedException {
        FolderArtifactStore store = FolderArtifactStore.open(settings.registry().store());
        Artifact file = RegistryBench.file(store);
        List<Double> folds = new ArrayList<>();
        List<Double> served;
        try (VersionPublisher publisher = VersionPublisher.open(
                settings.kafka().clientProperties(), settings.topics().modelRegistry(), "bench-registry")) {
            try (Progress progress = Progress.begin(around, "Publishing", "versions", versions)) {
                bench.fill(publisher, file, progress::to);
            }
            try (Progress progress = Progress.begin(around, "Reading", "times", FOLDS)) {
                for (int i = 0; i < FOLDS; i++) {
                    folds.add(bench.fold());
                    progress.to(i + 1L);
                }
            }
            try (Progress progress = Progress.begin(around, "Promoting", "times", promotions)) {
                served = bench.promote(publisher, store, promotions, progress::to);
            }
        }
        Map<String, Number> figures = new LinkedHashMap<>();
        figures.put("models", models);
        figures.put("versions", versions);
        figures.put("firstFoldMs", folds.get(0));
        figures.put("foldMs", new Timings(folds).median());
        figures.put("promotions", promotions);
        figures.put("promotionToServedP50Ms", new Timings(served).median());
        figures.put("promotionToServedP99Ms", new Timings(served).quantile(0.99));
        return figures;
    }

    private void tell(Map<String, Number> figures) {
        TextTable table = new TextTable("registry of " + versions + " versions of " + models + " models", "ms");
        table.row("read from its beginning, first time", text(figures, "firstFoldMs"));
        table.row("read from its beginning, median of " + FOLDS, text(figures, "foldMs"));
        table.row("promotion to served, median of " + promotions, text(figures, "promotionToServedP50Ms"));
        table.row("promotion to served, 99th percentile", text(figures, "promotionToServedP99Ms"));
        table.printTo(around.out());
        around.out().flush();
        report.write(around, figures);
    }

    private static String text(Map<String, Number> figures, String name) {
        return String.format(
                Locale.ROOT, "%.1f", Objects.requireNonNull(figures.get(name)).doubleValue());
    }
}
