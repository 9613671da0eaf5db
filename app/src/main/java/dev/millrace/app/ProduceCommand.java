package dev.millrace.app;

import dev.millrace.ingest.ExampleFormat;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.Pace;
import dev.millrace.ingest.SourceFormatException;
import dev.millrace.ingest.TopicCreation;
import dev.millrace.ingest.TopicFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace produce}: streams a file, or what another topic holds, into the topic of examples. */
@Command(
        name = "produce",
        description = {
            "Stream labelled examples from a file, standard input or the sample into Kafka; or those of a topic again, from"
                    + " a time on, to another model.",
            "An example that a model has seen within ingest.deduplication-window is not learned again, so the same may be"
                    + " sent twice."
        },
        footer = {
            "",
            "Examples:",
            "  millrace produce tickets.csv --text message --label queue",
            "  millrace produce tickets.jsonl --shuffle 1 --rate 100/s",
            "  millrace produce --sample --rate 4/s",
            "  tail -f tickets.jsonl | millrace produce - --bootstrap-servers kafka:9092",
            "  millrace produce --from-topic --from-time 30d --only-model support --model support-2"
        })
final class ProduceCommand implements Runnable {

    private static final String STANDARD_INPUT = "-";

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    /** Where the examples are; one of the three. */
    private static final class Where {

        @Parameters(
                paramLabel = "FILE",
                description = "CSV, TSV or JSON lines, told by its name; - reads standard input.")
        private String file = "";

        @Option(names = "--sample", description = "The half year of a help desk that ships with Millrace, once.")
        private boolean sample;

        @ArgGroup(exclusive = false)
        private @Nullable BackfillOptions backfill;

        String name() {
            return backfill != null ? "the topic" : sample ? "the sample" : file;
        }
    }

    @ArgGroup(multiplicity = "1")
    private Where where = new Where();

    @Mixin
    private final FileOptions files;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "json-lines",
            converter = FormatConverter.class,
            description = "Of standard input: csv, tsv or json-lines. Default: ${DEFAULT-VALUE}.")
    private ExampleFormat format = ExampleFormat.JSON_LINES;

    @Option(
            names = "--shuffle",
            paramLabel = "SEED",
            description = "Send in an order drawn from this number; reads all of the file first.")
    private @Nullable Long shuffle;

    @Option(
            names = "--rate",
            paramLabel = "N/s",
            converter = Rate.Converter.class,
            description = "Send evenly, this many a second, rather than as fast as it goes.")
    private @Nullable Rate rate;

    ProduceCommand(Surroundings around) {
        this.around = around;
        this.files = new FileOptions(around);
        this.options = new ClusterOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.load().settings();
        if (where.backfill != null) {
            backfill(where.backfill.wanted(settings, around.clock().instant()), settings);
            return;
        }
        try (ExampleSource opened = open();
                ExampleSource source = shuffle == null ? opened : opened.shuffled(shuffle)) {
            createTopic(settings);
            long begun = around.nanoTicker().getAsLong();
            long sent = send(source, settings);
            tell(sent, settings.topics().examples(), (around.nanoTicker().getAsLong() - begun) / 1e9);
        } catch (SourceFormatException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        } catch (KafkaException e) {
            throw tooLarge(e);
        } catch (IOException | UncheckedIOException e) {
            throw new CommandException("cannot read " + where.name() + ": " + e.getMessage(), e);
        }
    }

    private void backfill(Backfill.Wanted wanted, Settings settings) {
        if (shuffle != null) {
            throw new CommandException("--shuffle is for files; the examples of a topic are sent in its order");
        }
        createTopic(settings);
        Backfill backfill = new Backfill(wanted, settings, around.directory());
        long begun = around.nanoTicker().getAsLong();
        long sent;
        try (TopicSpan topic = TopicSpan.open(settings, wanted.topic(), wanted.from());
                ExampleProducer producer = producer(settings);
                Progress progress = Progress.begin(around, "Reading " + wanted.topic(), "offsets", topic.length())) {
            sent = backfill.send(topic, producer, progress::to);
        } catch (KafkaException e) {
            throw tooLarge(e);
        }
        tell(sent, settings.topics().examples(), (around.nanoTicker().getAsLong() - begun) / 1e9);
        tell("Left out", backfill.leftOut());
        tell("Could not be read", backfill.unfit());
    }

    private void tell(String what, Map<String, Long> counts) {
        if (!counts.isEmpty()) {
            around.out()
                    .println(what + ": "
                            + new TreeMap<>(counts)
                                    .entrySet().stream()
                                            .map(count -> count.getKey() + " (" + count.getValue() + ")")
                                            .collect(Collectors.joining(", "))
                            + ".");
            around.out().flush();
        }
    }

    /** Gives the failure back, in words a person can act on where it is about a record's size. */
    private RuntimeException tooLarge(KafkaException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RecordTooLargeException) {
                return new CommandException(
                        where.name() + " holds a record that Kafka does not take, nothing after it was sent: "
                                + cause.getMessage() + "; shorten it, or raise max.message.bytes of the topic",
                        failure);
            }
        }
        return failure;
    }

    private void tell(long sent, String topic, double seconds) {
        around.out()
                .println(String.format(
                        Locale.ROOT,
                        "Sent %d examples to %s in %.1f s (%.0f/s).",
                        sent,
                        topic,
                        seconds,
                        sent / seconds));
        around.out().flush();
    }

    private ExampleSource open() throws IOException {
        if (where.sample) {
            return SampleStream.open().counted();
        }
        return where.file.equals(STANDARD_INPUT)
                ? ExampleSource.open(around.in(), format, files.columns())
                : files.open(Path.of(where.file));
    }

    private static void createTopic(Settings settings) {
        try (Admin admin = Cluster.connect(settings.kafka())) {
            NewTopic examples = new NewTopic(
                    settings.topics().examples(),
                    settings.kafka().partitions(),
                    settings.kafka().replicationFactor());
            TopicCreation.createMissing(admin, List.of(examples));
        }
    }

    private ExampleProducer producer(Settings settings) {
        return new ExampleProducer(
                settings.kafka().bootstrapServers(),
                settings.topics().examples(),
                settings.kafka().client(),
                rate == null ? Pace.unlimited() : Pace.perSecond(rate.perSecond()),
                List.of(TopicFormat.contractHeader()));
    }

    private long send(ExampleSource source, Settings settings) {
        long total = source.count().orElse(-1);
        try (ExampleProducer producer = producer(settings);
                Progress progress = Progress.begin(around, "Sending", "examples", total)) {
            return producer.sendAll(source, acknowledged -> {
                if (total < 0 && source.totalBytes().isPresent()) {
                    progress.note(percent(source) + "% of the file read");
                }
                progress.to(acknowledged);
            });
        }
    }

    private static long percent(ExampleSource source) {
        long bytes = source.totalBytes().orElse(0);
        return bytes == 0 ? 100 : 100 * source.bytesRead() / bytes;
    }
}
