package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/** The rows of a CSV or TSV file as JSON objects. */
final class TableReader implements Iterator<byte[]> {

    /** The optional fields that are taken over from columns of the same name. */
    static final List<String> FURTHER = List.of("id", "model", "time", "source", "weight");

    private static final Pattern WHOLE = Pattern.compile("[1-9]\\d{0,17}");
    private static final Pattern DECIMAL = Pattern.compile("(0|[1-9]\\d{0,17})(\\.\\d{1,18})?([eE][+-]?\\d{1,3})?");
    private static final JsonFactory JSON = new JsonFactory();

    private final CSVParser parser;
    private final Iterator<CSVRecord> rows;
    private final Columns columns;
    private final String name;
    private final List<String> further;

    TableReader(InputStream in, ExampleFormat format, Columns columns, String name) throws IOException {
        this.columns = columns;
        this.name = name;
        try {
            this.parser = CSVParser.builder()
                    .setReader(reader(in))
                    .setFormat(format(format))
                    .get();
        } catch (IllegalArgumentException e) {
            throw new SourceFormatException("the header line of " + name + " is unfit: " + e.getMessage(), e);
        } catch (IOException e) {
            throw broken(e, 1);
        }
        List<String> names = parser.getHeaderNames();
        if (names.isEmpty()) {
            throw new SourceFormatException(name + " is empty; a header line with the names of columns is needed");
        }
        ColumnNames.require(names, columns.text(), "text", name);
        ColumnNames.require(names, columns.label(), "label", name);
        this.further = FURTHER.stream()
                .filter(names::contains)
                .filter(column -> !column.equals(columns.text()) && !column.equals(columns.label()))
                .toList();
        this.rows = parser.iterator();
    }

    private static CSVFormat format(ExampleFormat format) {
        CSVFormat.Builder builder = CSVFormat.RFC4180
                .builder()
                .setHeader()
                .setSkipHeaderRecord(true)
                .setIgnoreEmptyLines(true)
                .setAllowMissingColumnNames(true)
                .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY);
        return format == ExampleFormat.TSV
                ? builder.setDelimiter('\t').setQuote(null).get()
                : builder.get();
    }

    private static Reader reader(InputStream in) throws IOException {
        Reader reader = new BufferedReader(new InputStreamReader(
                in,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)));
        reader.mark(1);
        if (reader.read() != '\uFEFF') {
            reader.reset();
        }
        return reader;
    }

    @Override
    public boolean hasNext() {
        try {
            return rows.hasNext();
        } catch (UncheckedIOException e) {
            SourceFormatException broken = broken(e, parser.getCurrentLineNumber() + 1);
            throw new UncheckedIOException(broken.getMessage(), broken);
        }
    }

    @Override
    public byte[] next() {
        return json(rows.next());
    }

    private byte[] json(CSVRecord row) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            if (row.size() > parser.getHeaderNames().size()) {
                // A delimiter that was not quoted has moved the cells: they go on as they are, to be refused, not
                // guessed.
                json.writeArray(row.values(), 0, row.size());
                json.flush();
                return out.toByteArray();
            }
            json.writeStartObject();
            // A row that is too short goes on without the field, and is refused where all records are judged.
            writeIfSet(json, row, columns.text(), "text");
            writeIfSet(json, row, columns.label(), "label");
            for (String field : further) {
                if (row.isSet(field) && !row.get(field).isEmpty()) {
                    writeFurther(json, field, row.get(field));
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static void writeIfSet(JsonGenerator json, CSVRecord row, String column, String field) throws IOException {
        if (row.isSet(column)) {
            json.writeStringField(field, row.get(column));
        }
    }

    /** A table knows no types: what the contract wants as a number is written as one where it reads as one. */
    private static void writeFurther(JsonGenerator json, String field, String cell) throws IOException {
        boolean number = (field.equals("time") && WHOLE.matcher(cell).matches())
                || (field.equals("weight") && DECIMAL.matcher(cell).matches());
        json.writeFieldName(field);
        if (number) {
            json.writeNumber(cell);
        } else {
            json.writeString(cell);
        }
    }

    private SourceFormatException broken(Exception e, long line) {
        Throwable root = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
        String problem =
                root instanceof CharacterCodingException ? "it is not UTF-8" : String.valueOf(root.getMessage());
        return new SourceFormatException(name + " cannot be read on from line " + line + ": " + problem, e);
    }
}
