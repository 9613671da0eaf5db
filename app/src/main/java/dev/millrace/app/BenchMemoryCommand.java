package dev.millrace.app;

import dev.millrace.trainer.BareTraining;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench memory}: whether the memory of the process stays the same over many steps. */
@Command(
        name = "memory",
        description = {
            "Learn the same mini-batches again and again, as if they were fresh, and look at the resident memory of the"
                    + " process on the way, each time after a collection of Java's garbage.",
            "Unless told otherwise with a tiny random model, mini-batches of four short texts and small memories of"
                    + " examples, so that these are full before the first tenth of the steps, which does not count, is"
                    + " over."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench memory",
            "  millrace bench memory --steps 1000000 --report memory.json",
            "  millrace bench memory --steps 2000 --set trainer.base=bundled"
        })
final class BenchMemoryCommand implements Runnable {

    private static final int EXAMPLES = 512;
    private static final int LOOKS = 100;
    private static final int WARM_UP_LOOKS = 10;
    private static final int COMPARED_LOOKS = 9;
    private static final String ORIGIN = "this benchmark";

    private final Surroundings around;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final FileOptions files;

    @Mixin
    private final BenchStream stream;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "100000",
            description = "At least 200. Default: ${DEFAULT-VALUE}.")
    private long steps;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchMemoryCommand(Surroundings around) {
        this.around = around;
        this.options = new SettingsOptions(around);
        this.files = new FileOptions(around);
        this.stream = new BenchStream(around);
    }

    @Override
    public void run() {
        if (steps < 2 * LOOKS) {
            throw new CommandException("--steps must be >= " + 2 * LOOKS);
        }
        if (Memory.residentBytes() == 0) {
            throw new CommandException("this system does not tell the resident memory of a process");
        }
        report.require(around);
        Settings settings = options.gather(new SettingsLoader()
                        .put("trainer.base", "tiny", ORIGIN)
                        .put("trainer.batch-size", "2", ORIGIN)
                        .put("trainer.rehearsal-ratio", "1", ORIGIN)
                        .put("trainer.max-tokens", "16", ORIGIN)
                        .put("trainer.rehearsal-capacity", "300", ORIGIN)
                        .put("trainer.voter-memory", "300", ORIGIN))
                .load()
                .settings();
        try (BareTraining bare = new BareTraining(
                        Learning.base(settings, around.directory()),
                        Learning.compute(settings.trainer()),
                        settings.recipe(),
                        stream.ledger(files, settings, EXAMPLES),
                        around.nanoTicker());
                Progress progress = Progress.begin(around, "Learning", "steps", steps)) {
            if (bare.left() == 0) {
                throw new CommandException("the examples do not fill a mini-batch: take more of them");
            }
            List<Double> megabytes = new ArrayList<>();
            for (long step = 1; step <= steps; step++) {
                if (bare.left() == 0) {
                    bare.rewind();
                }
                bare.learnNext();
                if (step * LOOKS / steps > (step - 1) * LOOKS / steps) {
                    System.gc();
                    megabytes.add(Memory.residentBytes() / 1e6);
                    progress.to(step);
                }
            }
            tell(megabytes);
        }
    }

    private void tell(List<Double> megabytes) {
        int first = WARM_UP_LOOKS;
        Timings begin = new Timings(megabytes.subList(first, first + COMPARED_LOOKS));
        Timings end = new Timings(megabytes.subList(megabytes.size() - COMPARED_LOOKS, megabytes.size()));
        double growth = (end.median() - begin.median()) / begin.median();
        TextTable table = Timings.table("resident MB over " + steps + " steps");
        begin.row("after the warm-up, " + COMPARED_LOOKS + " looks", table);
        end.row("at the end, " + COMPARED_LOOKS + " looks", table);
        table.printTo(around.out());
        around.out().println(String.format(Locale.ROOT, "growth: %.2f %%", 100 * growth));
        around.out().flush();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("steps", steps);
        figures.put("residentMBBefore", begin.median());
        figures.put("residentMBAfter", end.median());
        figures.put("growthShare", growth);
        figures.put("residentMB", megabytes);
        report.write(around, figures);
    }
}
