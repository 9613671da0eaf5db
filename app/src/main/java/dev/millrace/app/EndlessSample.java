package dev.millrace.app;

import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.TextProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The good examples of the sample again and again, each under an id of its own: the same endless stream every time. */
final class EndlessSample {

    private final List<LabelledExample> sample = new ArrayList<>();
    private final int first;

    /**
     * The stream of one model.
     *
     * @param model its name
     * @param now the time of examples that have none
     */
    EndlessSample(String model, Instant now) {
        this(model, now, 0);
    }

    /**
     * Another stream, for a model beside others.
     *
     * @param model its name
     * @param now the time of examples that have none
     * @param first which of the sample's examples comes first, from 0 on
     */
    EndlessSample(String model, Instant now, int first) {
        this.first = first;
        ExampleParser parser =
                new ExampleParser(IngestSettings.of("unused:0", Path.of(""), Set.of(model)), TextProbe.ANY);
        try (ExampleSource source = SampleStream.open()) {
            while (source.hasNext()) {
                if (parser.parse(source.next(), new RecordHeaders(), now.toEpochMilli())
                        instanceof Parsed.Accepted accepted) {
                    sample.add(accepted.example());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the sample stream cannot be read", e);
        }
    }

    /** The id of an example, by its place in the stream from 0 on. */
    String id(long index) {
        return "example-" + index;
    }

    /** The value of the record of an example, by its place in the stream from 0 on. */
    byte[] value(long index) {
        LabelledExample original = sample.get((int) ((first + index) % sample.size()));
        return ExampleJson.write(new LabelledExample(
                id(index),
                original.model(),
                original.text(),
                original.label(),
                original.time(),
                original.source(),
                original.weight()));
    }
}
