package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The scalar fields of one JSON object, read strictly: UTF-8 without a flaw, no field twice, nothing after the object.
 *
 * <p>A field that is null counts as absent. A byte order mark before the object is skipped, as RFC 8259 allows.
 */
final class JsonFields {

    static final JsonFactory JSON = new JsonFactoryBuilder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            // Field names come from outside: interning them would fill the JVM's table with foreign words.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /** One field: its type, and its text where it is a scalar. */
    record Field(JsonToken token, String text) {

        /** The field that a node is; null for a node that is missing or null. */
        static @Nullable Field of(JsonNode node) {
            return node.isMissingNode() || node.isNull()
                    ? null
                    : new Field(node.asToken(), node.isValueNode() ? node.asText() : "");
        }

        boolean isString() {
            return token == JsonToken.VALUE_STRING;
        }

        boolean isNumber() {
            return token.isNumeric();
        }

        String type() {
            return name(token);
        }

        /** The field as a message shows it. */
        String shown() {
            return isString() ? Quote.of(text) : isNumber() ? Quote.bare(text) : type();
        }
    }

    private final List<String> names;
    private final @Nullable Field[] fields;

    private JsonFields(List<String> names, @Nullable Field[] fields) {
        this.names = names;
        this.fields = fields;
    }

    @Nullable Field get(String name) {
        int place = names.indexOf(name);
        return place < 0 ? null : fields[place];
    }

    /** The field of the name that stands at a place among those that were wanted. */
    @Nullable Field at(int place) {
        return fields[place];
    }

    /** Gives a field that is missing the text that something else than the JSON says. */
    void complete(String name, @Nullable String text) {
        int place = names.indexOf(name);
        if (text != null && place >= 0 && fields[place] == null) {
            fields[place] = new Field(JsonToken.VALUE_STRING, text);
        }
    }

    /** Gives the JSON that the fields were read from what they were completed with. */
    void fillIn(ObjectNode object) {
        for (int i = 0; i < fields.length; i++) {
            Field field = fields[i];
            if (field != null && field.isString() && !object.hasNonNull(names.get(i))) {
                object.put(names.get(i), field.text());
            }
        }
    }

    /** The fields of a tree. */
    static JsonFields of(JsonNode object, List<String> wanted) {
        @Nullable Field[] fields = new Field[wanted.size()];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = Field.of(object.path(wanted.get(i)));
        }
        return new JsonFields(wanted, fields);
    }

    /**
     * Reads an object.
     *
     * @param wanted the names of the fields that are kept; few, for they are looked through for each field
     */
    static JsonFields read(byte[] value, List<String> wanted) throws Unfit {
        CharBuffer text = decode(value);
        int start = text.hasRemaining() && text.charAt(0) == '\uFEFF' ? 1 : 0;
        try (JsonParser parser =
                JSON.createParser(text.array(), text.arrayOffset() + start, text.remaining() - start)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new Unfit(new Rejection.NotJson("it is empty"));
            }
            @Nullable Field[] fields = new Field[wanted.size()];
            if (first == JsonToken.START_OBJECT) {
                readObject(parser, wanted, fields);
            } else {
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                throw new Unfit(new Rejection.NotJson("more follows after its end"));
            }
            if (first != JsonToken.START_OBJECT) {
                throw new Unfit(new Rejection.NotAnObject(name(first)));
            }
            return new JsonFields(wanted, fields);
        } catch (JsonProcessingException e) {
            throw new Unfit(new Rejection.NotJson(Quote.bare(e.getOriginalMessage())));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
    }

    private static void readObject(JsonParser parser, List<String> wanted, @Nullable Field[] fields)
            throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (token.isStructStart()) {
                parser.skipChildren();
            }
            int place = token == JsonToken.VALUE_NULL ? -1 : wanted.indexOf(name);
            if (place >= 0) {
                fields[place] = new Field(token, token.isScalarValue() ? parser.getText() : "");
            }
        }
    }

    /** Decodes bytes that must be UTF-8; the result is backed by an array. */
    static CharBuffer decode(byte[] value) throws Unfit {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(value);
        CharBuffer out = CharBuffer.allocate(value.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            throw new Unfit(new Rejection.NotUtf8(in.position()));
        }
        return out.flip();
    }

    static String name(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            default -> "null";
        };
    }
}
