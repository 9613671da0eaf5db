package dev.millrace.app;

import dev.millrace.ingest.ExampleFormat;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code csv}, {@code tsv} or {@code json-lines}. */
final class FormatConverter implements ITypeConverter<ExampleFormat> {

    @Override
    public ExampleFormat convert(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "csv" -> ExampleFormat.CSV;
            case "tsv" -> ExampleFormat.TSV;
            case "json-lines", "jsonl", "ndjson" -> ExampleFormat.JSON_LINES;
            default -> throw new TypeConversionException("must be csv, tsv or json-lines, but is \"" + text + "\"");
        };
    }
}
