package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.nio.file.Path;
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

/**
 * {@code millrace bench kill}: kills the process that ingests and trains, again and again, and compares what comes out
 * with a run that was left alone.
 *
 * <p>This process holds the broker, produces the examples and watches. A child runs ingest and trainer as {@code
 * millrace run} does; it dies by SIGKILL at moments drawn from the seed: at any moment of its start, at any moment of
 * training, or a random while after it announced a file or a transaction.
 *
 * <p>How it is known where a kill hit: the child writes a line to its standard output before it begins and after it has
 * ended a file of a checkpoint or the transaction of a version, and goes on only when the line is in the pipe. A kill is
 * {@code inCheckpoint} when the last line about a file is its beginning. It is {@code inTransaction} when the last line
 * about a transaction is its beginning and the broker, asked right after the death, has the trainer's transaction as
 * ongoing: begun, and neither to be committed nor to be aborted. {@code inIngestTransaction} is what the broker says of
 * the transactions of Kafka Streams.
 */
@Command(
        name = "kill",
        description = {
            "Kill the process that ingests and trains at random moments, start it again, and prove that nothing differs.",
            "A first run is left alone. A second one gets the same examples on topics of its own and is killed with"
                    + " SIGKILL, among others inside the writing of a checkpoint and inside the transaction of a version."
                    + " Every file of every version must have the same SHA-256 in both runs; no example may be lost or"
                    + " learned twice; every version that a subscriber sees must verify.",
            "Exit code 0: all of it holds. 1: it does not."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench kill --kills 10",
            "  millrace bench kill --kills 1000 --report kills.json",
            "  millrace bench kill --kills 20 --base minilm-l6 --seed 7 --work kept"
        })
final class BenchKillCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(BenchKillCommand.class);
    private static final String ORIGIN = "default of this command";
    private static final String NEVER = "3650d";

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Mixin
    private final KillOptions killing = new KillOptions();

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchKillCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    @Override
    public Integer call() {
        int kills = killing.kills();
        SettingsLoader loader = loader();
        Settings settings = loader.load().settings();
        report.require(around);
        Map<String, Object> figures = new LinkedHashMap<>();
        try (StopSignal stop = StopSignal.listen();
                WorkFolder folder = killing.folder(around)) {
            logs.toFile(folder.path(), "bench-kill");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    KillBench bench = new KillBench(around, stop, kills, examplesAVersion(settings), killing.seed());
                    measure(bench, loader, folder.path().toAbsolutePath(), broker, figures);
                }
            });
        }
        print(figures);
        report.write(around, figures);
        return holds(figures) ? 0 : 1;
    }

    /** Nothing may depend on the time of day: mini-batches and versions end by count alone. */
    private SettingsLoader loader() {
        SettingsLoader loader = options.gather(new SettingsLoader()
                .put("trainer.batch-size", "8", ORIGIN)
                .put("trainer.version-every-examples", "16", ORIGIN)
                .put("trainer.rehearsal-capacity", "500", ORIGIN)
                .put("trainer.max-tokens", "64", ORIGIN));
        return loader.put("trainer.base", killing.base(around), "option --base")
                .put("trainer.threads", "1", ORIGIN)
                .put("trainer.max-batch-age", NEVER, ORIGIN)
                .put("trainer.idle-flush", NEVER, ORIGIN)
                .put("trainer.version-every", NEVER, ORIGIN)
                .put("kafka.partitions", "1", ORIGIN)
                .put("models", "kill", ORIGIN)
                .put("instance-id", "victim", ORIGIN)
                .put("http.port", "0", ORIGIN);
    }

    /** A version ends with a mini-batch. */
    private static long examplesAVersion(Settings settings) {
        long batch = settings.recipe().batchSize();
        return (settings.trainer().versionEveryExamples() + batch - 1) / batch * batch;
    }

    private void measure(
            KillBench bench, SettingsLoader loader, Path folder, EmbeddedBroker broker, Map<String, Object> figures) {
        long begun = around.nanoTicker().getAsLong();
        EndlessSample sample = new EndlessSample(
                loader.load().settings().models().get(0), around.clock().instant());
        String undisturbedDigest;
        List<String> undisturbedLines;
        try (KillStage stage = KillStage.set(loader, "undisturbed", folder, broker, sample, around.nanoTicker())) {
            ModelRegistry registry = bench.undisturbed(stage);
            undisturbedDigest = stage.audit().digest(registry);
            undisturbedLines = stage.audit().lines(registry);
        }
        double undisturbedSeconds = (around.nanoTicker().getAsLong() - begun) / 1e9;
        try (KillStage stage = KillStage.set(loader, "killed", folder, broker, sample, around.nanoTicker())) {
            ModelRegistry registry = bench.killed(stage);
            String digest = stage.audit().digest(registry);
            logDifference(undisturbedLines, stage.audit().lines(registry));
            KillStage.Ledger ledger = stage.ledger();
            long learned =
                    registry.latest(stage.model()).map(VersionRecord::examples).orElse(0L);
            killing.fill(around, figures);
            figures.put("inCheckpoint", bench.inCheckpoint());
            figures.put("inTransaction", bench.inTransaction());
            figures.put("inIngestTransaction", bench.inIngestTransaction());
            figures.put("digest", digest);
            figures.put("undisturbedDigest", undisturbedDigest);
            figures.put("identical", digest.equals(undisturbedDigest));
            figures.put("lost", Math.max(ledger.lost(), stage.produced() - learned));
            figures.put("twice", Math.max(ledger.twice(), learned - stage.produced()));
            figures.put("unverified", bench.unverified().size());
            figures.put("rejected", ledger.rejected());
            figures.put("examples", stage.produced());
            figures.put("versions", registry.versions(stage.model()).size());
            figures.put("leftovers", stage.audit().leftovers());
        }
        figures.put("trainedBeforeKill", bench.trained());
        figures.put("medianRestartSeconds", bench.medianRestart().toNanos() / 1e9);
        figures.put("medianWriteMs", bench.pace().write().toNanos() / 1e6);
        figures.put("medianTransactionMs", bench.pace().transaction().toNanos() / 1e6);
        figures.put("undisturbedSeconds", undisturbedSeconds);
        figures.put("seconds", (around.nanoTicker().getAsLong() - begun) / 1e9);
        bench.unverified().forEach((version, why) -> LOG.error("Version {} did not verify: {}", version, why));
    }

    private static void logDifference(List<String> undisturbed, List<String> killed) {
        for (int i = 0; i < Math.max(undisturbed.size(), killed.size()); i++) {
            String left = i < undisturbed.size() ? undisturbed.get(i) : "nothing";
            String right = i < killed.size() ? killed.get(i) : "nothing";
            if (!left.equals(right)) {
                LOG.error("The first difference. Undisturbed: {}. Killed: {}", left, right);
                return;
            }
        }
    }

    private static boolean holds(Map<String, Object> figures) {
        return Boolean.TRUE.equals(figures.get("identical"))
                && List.of("lost", "twice", "unverified").stream()
                        .allMatch(name -> figures.get(name) instanceof Number number && number.longValue() == 0);
    }

    private void print(Map<String, Object> figures) {
        around.out()
                .println(figures.get("kills") + " kills survived, " + figures.get("inCheckpoint")
                        + " of them inside a checkpoint, " + figures.get("inTransaction")
                        + " inside a transaction of the trainer, " + figures.get("inIngestTransaction")
                        + " inside one of ingest; " + figures.get("examples") + " examples, " + figures.get("versions")
                        + " versions, " + rounded(figures.get("seconds")) + " s, training again after "
                        + rounded(figures.get("medianRestartSeconds")) + " s");
        around.out()
                .println(String.format(
                        Locale.ROOT,
                        "lost %s, twice %s, unverified %s; digest %s, undisturbed %s: %s",
                        figures.get("lost"),
                        figures.get("twice"),
                        figures.get("unverified"),
                        figures.get("digest"),
                        figures.get("undisturbedDigest"),
                        Boolean.TRUE.equals(figures.get("identical")) ? "identical" : "DIFFERENT"));
        around.out().flush();
    }

    private static String rounded(@Nullable Object number) {
        return number instanceof Double value ? String.format(Locale.ROOT, "%.1f", value) : String.valueOf(number);
    }
}
