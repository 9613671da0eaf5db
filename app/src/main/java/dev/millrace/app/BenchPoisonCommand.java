package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.model.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench poison}: what becomes of a stream of which every second record is broken. */
@Command(
        name = "poison",
        description = {
            "Take records in of which every second one breaks the contract, in eight ways, in turns with as many sound ones,"
                    + " on a broker of its own. Then look for each of them: whether the sound ones lie in the ledger, and"
                    + " the broken ones among the dead letters, once each.",
            "Exit code 1: one was lost, came twice, or lies where it does not belong."
        },
        footer = {"", "Examples:", "  millrace bench poison", "  millrace bench poison --records 1000000 --turns 1"})
final class BenchPoisonCommand implements Callable<Integer> {

    private static final String ORIGIN = "this benchmark";
    private static final RecordMix SOUND = new RecordMix(0, 0);
    private static final RecordMix HALF_BROKEN = new RecordMix(0, 2);

    private final Surroundings around;
    private final LogOutput logs;

    @Mixin
    private final SettingsOptions options;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "300000",
            description = "Of each turn, sound and broken. Default: ${DEFAULT-VALUE}.")
    private int records;

    @Option(
            names = "--turns",
            paramLabel = "N",
            defaultValue = "3",
            description = "Of each, after one that is not timed. Default: ${DEFAULT-VALUE}.")
    private int turns;

    @Mixin
    private final ReportOption report = new ReportOption();

    BenchPoisonCommand(Surroundings around, LogOutput logs) {
        this.around = around;
        this.logs = logs;
        this.options = new SettingsOptions(around);
    }

    /** One kind of stream, and what came of it. */
    private record Stream(RecordMix mix, IngestBench bench, List<ProcessorMoment.Span> spans) {}

    @Override
    public Integer call() {
        if (records < 2 || turns < 1) {
            throw new CommandException("--records must be >= 2, and --turns >= 1");
        }
        report.require(around);
        SettingsLoader loader = options.gather(new SettingsLoader().put("kafka.partitions", "1", ORIGIN));
        Map<String, Object> figures = new LinkedHashMap<>();
        try (WorkFolder folder = WorkFolder.make(null)) {
            logs.toFile(folder.path(), "bench-poison");
            folder.run(() -> {
                try (EmbeddedBroker broker = EmbeddedBroker.start(folder.path().resolve("kafka"))) {
                    measure(OwnBroker.settings(loader, folder.path(), broker), folder.path(), figures);
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                }
            });
        }
        report.write(around, figures);
        return Boolean.TRUE.equals(figures.get("exact")) ? 0 : 1;
    }

    private void measure(Settings settings, Path folder, Map<String, Object> figures) throws InterruptedException {
        RecordAudit ledger = new RecordAudit(0, 0, 0, 0);
        RecordAudit letters = ledger;
        Stream sound;
        Stream poisoned;
        try (Tokenizer tokenizer = Learning.tokenizer(settings, around.directory());
                Progress progress = Progress.begin(around, "Taking in", "turns", 2L * (turns + 1))) {
            sound = stream("sound", SOUND, settings, folder, tokenizer);
            poisoned = stream("poisoned", HALF_BROKEN, settings, folder, tokenizer);
            for (int turn = 0; turn <= turns; turn++) {
                for (Stream stream : List.of(sound, poisoned)) {
                    ProcessorMoment.Span span = stream.bench().ingest(turn);
                    if (turn > 0) {
                        stream.spans().add(span);
                    }
                }
                ledger = plus(ledger, audit(settings, poisoned.bench().turn(turn), false));
                letters = plus(letters, audit(settings, poisoned.bench().turn(turn), true));
                progress.to(2L * (turn + 1));
            }
        }
        Timings without = rate(sound);
        Timings with = rate(poisoned);
        TextTable table = Timings.table(records + " records, none or every second of them broken");
        without.row("none broken, records/s", table);
        with.row("half broken, records/s", table);
        table.printTo(around.out());
        TextTable found = new TextTable("of all turns, half broken", "there", "missing", "twice", "astray");
        row("sound ones in the ledger", ledger, found);
        row("broken ones among the dead letters", letters, found);
        found.printTo(around.out());
        boolean exact = ledger.isExact() && letters.isExact();
        around.out().println(exact ? "Each lies once where it belongs." : "RECORDS WERE LOST, OR CAME TWICE.");
        around.out().flush();
        figures.put("records", records);
        figures.put("soundPerSecond", without.median());
        figures.put("poisonedPerSecond", with.median());
        figures.put("ledger", ledger);
        figures.put("deadLetters", letters);
        figures.put("exact", exact);
    }

    private static void row(String name, RecordAudit audit, TextTable table) {
        table.row(name, audit.present(), audit.missing(), audit.twice(), audit.astray());
    }

    private Stream stream(String name, RecordMix mix, Settings settings, Path folder, Tokenizer tokenizer) {
        IngestBench bench = new IngestBench(
                around,
                NeededTopics.ingestSettings(settings, folder),
                settings.kafka().partitions(),
                (model, text) -> tokenizer.hasTokens(text),
                records,
                mix,
                name);
        try (Progress progress = Progress.begin(around, "Sending, " + name, "records", records)) {
            bench.fill(progress::to);
        }
        return new Stream(mix, bench, new ArrayList<>());
    }

    private RecordAudit audit(Settings settings, IngestSettings turn, boolean broken) {
        IngestSettings.Topics topics = turn.topics();
        int partitions = broken ? 1 : settings.kafka().partitions();
        try (CommittedTopic topic = new CommittedTopic(
                turn.bootstrapServers(), broken ? topics.examplesRejected() : topics.trainingExamples(), partitions)) {
            return RecordAudit.of(topic, records, index -> HALF_BROKEN.isBroken(index) == broken);
        }
    }

    private static RecordAudit plus(RecordAudit one, RecordAudit other) {
        return new RecordAudit(
                one.present() + other.present(),
                one.missing() + other.missing(),
                one.twice() + other.twice(),
                one.astray() + other.astray());
    }

    private Timings rate(Stream stream) {
        return new Timings(
                stream.spans().stream().map(span -> records / span.seconds()).toList());
    }
}
