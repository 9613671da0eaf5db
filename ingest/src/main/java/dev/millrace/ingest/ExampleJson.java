package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.millrace.ingest.JsonFields.Field;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The value of a record in {@code training-examples}: an example as JSON, every field filled, in a fixed order; behind them
 * what it replaces, where it does.
 *
 * <p>The same example gives the same bytes on every machine and JDK. Readers ignore fields that they do not know.
 */
public final class ExampleJson {

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            // Independent of the JDK, whose own way of writing doubles changed in version 19.
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .build();

    private static final List<String> FIELDS =
            List.of("id", "model", "text", "label", "time", "source", "weight", "replaces");

    private static final SerializableString ID = new SerializedString("id");
    private static final SerializableString MODEL = new SerializedString("model");
    private static final SerializableString TEXT = new SerializedString("text");
    private static final SerializableString LABEL = new SerializedString("label");
    private static final SerializableString TIME = new SerializedString("time");
    private static final SerializableString SOURCE = new SerializedString("source");
    private static final SerializableString WEIGHT = new SerializedString("weight");

    private static final SerializableString REPLACES = new SerializedString("replaces");

    private static final byte[] BEGIN = "{\"id\":\"".getBytes(StandardCharsets.UTF_8);

    private ExampleJson() {}

    /**
     * The JSON of an example.
     *
     * @param example the example
     * @return UTF-8
     */
    public static byte[] write(LabelledExample example) {
        ByteArrayOutputStream out =
                new ByteArrayOutputStream(256 + example.text().length());
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            write(json, ID, example.id());
            write(json, MODEL, example.model());
            write(json, TEXT, example.text());
            write(json, LABEL, example.label());
            write(json, TIME, ExampleTime.text(example.time()));
            write(json, SOURCE, example.source());
            json.writeFieldName(WEIGHT);
            json.writeNumber(example.weight());
            if (example.replaces() != null) {
                write(json, REPLACES, example.replaces());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, SerializableString name, @Nullable String value) throws IOException {
        json.writeFieldName(name);
        json.writeString(value);
    }

    /**
     * The example of a JSON value.
     *
     * @param json what {@link #write} gave
     * @return the example
     * @throws IllegalArgumentException if the bytes are not a complete, valid example
     */
    public static LabelledExample read(byte[] json) {
        try {
            JsonFields fields = JsonFields.read(json, FIELDS);
            Field source = fields.get("source");
            return new LabelledExample(
                    string(fields, "id"),
                    string(fields, "model"),
                    string(fields, "text"),
                    string(fields, "label"),
                    Instant.parse(string(fields, "time")),
                    source == null ? null : string(fields, "source"),
                    number(fields, "weight"),
                    fields.get("replaces") == null ? null : string(fields, "replaces"));
        } catch (Unfit | DateTimeException | IllegalArgumentException e) {
            throw new IllegalArgumentException("not a training example: " + e.getMessage(), e);
        }
    }

    /**
     * The id of the example of a JSON value, without reading the rest where that can be.
     *
     * @param json what {@link #write} gave
     * @return the id
     * @throws IllegalArgumentException if the bytes do not begin with an id and are not a valid example either
     */
    static String id(byte[] json) {
        for (int i = 0; i < BEGIN.length; i++) {
            if (i >= json.length || json[i] != BEGIN[i]) {
                return read(json).id();
            }
        }
        for (int end = BEGIN.length; end < json.length && json[end] != '\\'; end++) {
            if (json[end] == '"') {
                return new String(json, BEGIN.length, end - BEGIN.length, StandardCharsets.UTF_8);
            }
        }
        return read(json).id();
    }

    private static String string(JsonFields fields, String name) {
        Field field = fields.get(name);
        if (field == null || !field.isString()) {
            throw new IllegalArgumentException("the field \"" + name + "\" must be a string, but is "
                    + (field == null ? "missing" : field.type()));
        }
        return field.text();
    }

    private static double number(JsonFields fields, String name) {
        Field field = fields.get(name);
        if (field == null || !field.isNumber()) {
            throw new IllegalArgumentException("the field \"" + name + "\" must be a number, but is "
                    + (field == null ? "missing" : field.type()));
        }
        return Double.parseDouble(field.text());
    }
}
