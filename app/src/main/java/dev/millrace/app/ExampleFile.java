package dev.millrace.app;

import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.TextProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * A file read whole, by the contract of examples, as the stream would be.
 *
 * @param accepted its examples, in order; those without a time have that of the reading
 * @param refused record values that break the contract
 */
record ExampleFile(List<LabelledExample> accepted, List<byte[]> refused) {

    /**
     * Reads a file.
     *
     * @param files opens it
     * @param file which one
     * @param settings the model that the examples are for, and the limits of what is accepted
     * @param around the folder and the clock
     * @return what is in it
     * @throws CommandException when it cannot be read, or has no example
     */
    static ExampleFile read(FileOptions files, Path file, Settings settings, Surroundings around) {
        ExampleParser parser =
                new ExampleParser(NeededTopics.ingestSettings(settings, around.directory()), TextProbe.ANY);
        long now = around.clock().millis();
        List<LabelledExample> accepted = new ArrayList<>();
        List<byte[]> refused = new ArrayList<>();
        try (ExampleSource source = files.open(file)) {
            while (source.hasNext()) {
                byte[] value = source.next();
                if (parser.parse(value, new RecordHeaders(), now) instanceof Parsed.Accepted parsed) {
                    accepted.add(parsed.example());
                } else {
                    refused.add(value);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new CommandException("cannot read " + file + ": " + e.getMessage(), e);
        }
        if (accepted.isEmpty()) {
            throw new CommandException("there are no examples in " + file);
        }
        return new ExampleFile(accepted, refused);
    }
}
