package dev.millrace.ingest;

import java.nio.file.Path;
import java.util.Locale;

/** The format of a file of examples. */
public enum ExampleFormat {
    /** RFC 4180 with a header line: quoted fields may hold commas, quotes and line breaks. */
    CSV,
    /** Fields apart by tabs with a header line, no quoting. */
    TSV,
    /** One JSON object a line. */
    JSON_LINES;

    /**
     * The format that a file's name tells.
     *
     * @param file the file
     * @return its format
     * @throws SourceFormatException if the ending of the name is none of csv, tsv, jsonl, ndjson and json
     */
    public static ExampleFormat of(Path file) throws SourceFormatException {
        String name = String.valueOf(file.getFileName());
        return switch (name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT)) {
            case "csv" -> CSV;
            case "tsv" -> TSV;
            case "jsonl", "ndjson", "json" -> JSON_LINES;
            default ->
                throw new SourceFormatException("the name of " + file
                        + " tells no format; it should end in .csv, .tsv, .jsonl, .ndjson or .json (JSON lines)");
        };
    }
}
