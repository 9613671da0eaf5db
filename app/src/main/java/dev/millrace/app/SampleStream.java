package dev.millrace.app;

import dev.millrace.ingest.Columns;
import dev.millrace.ingest.ExampleFormat;
import dev.millrace.ingest.ExampleSource;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The half year of a help desk that ships with Millrace. */
final class SampleStream {

    /** Messages that are not in the stream, to be answered at its end. */
    static final List<String> UNSEEN = List.of(
            "since this morning the vpn kicks me out every few minutes, I am in a hotel in Lyon",
            "Got a text that my parcel is held and I must confirm my work password?? looks odd",
            "the big screen in the board room stays black when I plug in my laptop, guests arrive at 2");

    private SampleStream() {}

    static ExampleSource open() throws IOException {
        InputStream in = SampleStream.class.getResourceAsStream("help-desk.jsonl");
        if (in == null) {
            throw new IOException("help-desk.jsonl is not on the class path");
        }
        return ExampleSource.open(in, ExampleFormat.JSON_LINES, Columns.DEFAULT);
    }
}
