package dev.millrace.app;

import dev.millrace.ingest.Columns;
import dev.millrace.ingest.ExampleFormat;
import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.TextProbe;
import dev.millrace.trainer.LedgerReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which examples a benchmark of training streams: a file's in an order of chance, or the sample's. */
final class BenchStream {

    private static final long SEED = 1;

    private final Surroundings around;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description =
                    "CSV, TSV or JSON lines, in an order drawn from the seed 1, instead of the sample over and over.")
    private @Nullable Path data;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Take N examples alone. Default: the whole file; of the sample as many as the run needs.")
    private @Nullable Integer limit;

    BenchStream(Surroundings around) {
        this.around = around;
    }

    /** What the examples are called in a table. */
    String name() {
        return data == null ? "the sample" : String.valueOf(data.getFileName());
    }

    /**
     * Opens the stream; each time it is the same.
     *
     * @param files says where text and label stand
     * @param model whose examples they are, where they do not say
     * @param usual how many of the sample are taken without --limit
     * @return a source that knows its count; the caller closes it
     */
    ExampleSource open(FileOptions files, String model, int usual) {
        if (limit != null && limit < 1) {
            throw new CommandException("--limit must be >= 1, but is " + limit);
        }
        if (data == null) {
            return sample(model, limit == null ? usual : limit);
        }
        ExampleSource shuffled = files.open(data).shuffled(SEED);
        return limit == null ? shuffled : shuffled.limited(limit);
    }

    /** Fails early where the stream cannot be opened. */
    void requireUsable(FileOptions files, String model) {
        try (ExampleSource source = open(files, model, 1)) {
            if (!source.hasNext()) {
                throw new CommandException("there are no examples in " + data);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The stream as it stands in a ledger, all of it at one moment; what would be rejected is left out.
     *
     * @param files says where text and label stand
     * @param settings whose first model it is for
     * @param usual how many of the sample are taken without --limit
     */
    List<LedgerReader.Entry> ledger(FileOptions files, Settings settings, int usual) {
        ExampleParser parser =
                new ExampleParser(NeededTopics.ingestSettings(settings, around.directory()), TextProbe.ANY);
        Instant now = around.clock().instant();
        List<LedgerReader.Entry> ledger = new ArrayList<>();
        try (ExampleSource source = open(files, settings.models().get(0), usual)) {
            while (source.hasNext()) {
                if (parser.parse(source.next(), new RecordHeaders(), now.toEpochMilli())
                        instanceof Parsed.Accepted accepted) {
                    ledger.add(new LedgerReader.Entry(ledger.size(), now, accepted.example()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ledger;
    }

    private ExampleSource sample(String model, int count) {
        EndlessSample sample = new EndlessSample(model, around.clock().instant());
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            lines.writeBytes(sample.value(i));
            lines.write('\n');
        }
        try {
            return ExampleSource.open(
                            new ByteArrayInputStream(lines.toByteArray()), ExampleFormat.JSON_LINES, Columns.DEFAULT)
                    .counted();
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
    }
}
