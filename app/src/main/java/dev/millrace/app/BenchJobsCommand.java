package dev.millrace.app;

import dev.millrace.trainer.BareTraining;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench jobs}: what it costs that many models are trained in one process, on one encoder. */
@Command(
        name = "jobs",
        description = {
            "Have many models learn the same mini-batches from memory, one step of each after the other, and then one model"
                    + " after the other, each for itself: the same steps without the change from model to model. All"
                    + " share one encoder.",
            "Unless told otherwise with adapters on the upper two layers of six, without voters, and with small memories of"
                    + " examples."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench jobs",
            "  millrace bench jobs --models 100 --mini-batches 20 --report jobs.json",
            "  millrace bench jobs --models 20 --set trainer.adapter-rank=0 --set trainer.voters=all"
        })
final class BenchJobsCommand implements Runnable {

    private static final int EXAMPLES = 2000;
    private static final int MOST_ALONE = 100;
    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Mixin
    private final BenchStream stream;

    @Option(
            names = "--models",
            paramLabel = "N",
            defaultValue = "1000",
            description = "At least 2. Default: ${DEFAULT-VALUE}.")
    private int models;

    @Option(
            names = "--mini-batches",
            paramLabel = "N",
            defaultValue = "4",
            description = "That each model learns in a round. Default: ${DEFAULT-VALUE}.")
    private int miniBatches;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "2",
            description = "Each all models together, and one after the other. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchJobsCommand(Surroundings around) {
        this.around = around;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
        this.stream = new BenchStream(around);
    }

    /** Milliseconds of a step, and the megabytes that each model took. */
    private record Round(double together, double alone, double megabytes) {

        double loss() {
            return 1 - alone / together;
        }
    }

    @Override
    public void run() {
        if (models < 2 || miniBatches < 1 || rounds < 1) {
            throw new CommandException("--models must be >= 2, --mini-batches and --rounds >= 1");
        }
        report.require(around);
        Settings settings = options.gather(new SettingsLoader()
                        .put("trainer.frozen-layers", "4", ORIGIN)
                        .put("trainer.adapter-rank", "8", ORIGIN)
                        .put("trainer.voters", "none", ORIGIN)
                        .put("trainer.rehearsal-capacity", "1000", ORIGIN))
                .load()
                .settings();
        try (BareTraining first = new BareTraining(
                Learning.base(settings, around.directory()),
                Learning.compute(settings.trainer()),
                settings.recipe(),
                stream.ledger(files, settings, EXAMPLES),
                around.nanoTicker())) {
            if (first.left() < miniBatches) {
                throw new CommandException("the examples make " + first.left() + " mini-batches, and not " + miniBatches
                        + ": take more of them");
            }
            learn(List.of(first), () -> {});
            List<Round> all = new ArrayList<>();
            for (int round = 1; round <= rounds; round++) {
                all.add(round(first, round));
            }
            tell(all);
        }
    }

    private Round round(BareTraining first, int round) {
        int alone = Math.min(models, MOST_ALONE);
        List<BareTraining> all = new ArrayList<>();
        try (Progress progress =
                Progress.begin(around, "Round " + round, "steps", (long) (models + alone) * miniBatches)) {
            long[] steps = {0};
            Runnable stepped = () -> progress.to(++steps[0]);
            System.gc();
            long before = Memory.residentBytes();
            for (int model = 0; model < models; model++) {
                all.add(first.beside());
            }
            double together = learn(all, stepped);
            System.gc();
            double megabytes = (Memory.residentBytes() - before) / 1e6 / models;
            all.forEach(BareTraining::close);
            all.clear();
            double sum = 0;
            for (int model = 0; model < alone; model++) {
                try (BareTraining one = first.beside()) {
                    sum += learn(List.of(one), stepped);
                }
            }
            return new Round(together, sum / alone, megabytes);
        } finally {
            all.forEach(BareTraining::close);
        }
    }

    /** Has each learn its mini-batches, in turns, and gives the milliseconds of a step. */
    private double learn(List<BareTraining> those, Runnable stepped) {
        long began = around.nanoTicker().getAsLong();
        for (int batch = 0; batch < miniBatches; batch++) {
            for (BareTraining one : those) {
                one.learnNext();
                stepped.run();
            }
        }
        return (around.nanoTicker().getAsLong() - began) / 1e6 / those.size() / miniBatches;
    }

    private void tell(List<Round> all) {
        Timings together = new Timings(all.stream().map(Round::together).toList());
        Timings alone = new Timings(all.stream().map(Round::alone).toList());
        Timings loss = new Timings(all.stream().map(Round::loss).toList());
        TextTable table = Timings.table(models + " models, " + miniBatches + " mini-batches each, of " + stream.name());
        together.row("ms a step, all in turns", table);
        alone.row("ms a step, one after the other", table);
        loss.row("share of the speed that is lost", table);
        // The first alone finds memory that nobody had before.
        new Timings(List.of(all.get(0).megabytes())).row("resident MB of each model", table);
        table.printTo(around.out());
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("models", models);
        figures.put("miniBatches", miniBatches);
        figures.put("togetherMs", together.median());
        figures.put("aloneMs", alone.median());
        figures.put("lossShare", loss.median());
        figures.put("residentMBAModel", all.get(0).megabytes());
        report.write(around, figures);
    }
}
