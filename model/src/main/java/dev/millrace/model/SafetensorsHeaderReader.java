package dev.millrace.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.model.SafetensorsHeader.Entry;
import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of one header token by token: nothing is accepted that the format does not name, and nothing nests
 * deeper than the format does. Whether the described bytes exist is not decided here.
 */
final class SafetensorsHeaderReader {

    /** More dimensions than any library computes with; keeps a hostile header from filling the memory with numbers. */
    private static final int MAX_DIMENSIONS = 64;

    private static final int NAME_CHARACTERS_IN_MESSAGE = 120;

    /** Names that a careless program would follow out of a folder, or cut at a NUL. */
    private static final Pattern UNSAFE_NAME = Pattern.compile("\\p{Cntrl}|\\\\|^/|^\\p{Alpha}:|(^|/)\\.\\.?(/|$)");

    private final Path file;
    private final JsonParser json;

    private SafetensorsHeaderReader(Path file, JsonParser json) {
        this.file = file;
        this.json = json;
    }

    /**
     * Reads a header.
     *
     * @param file named in messages
     * @param bytes of the header, padding included
     * @return what it says, its entries in their order in the JSON
     * @throws SafetensorsException when it breaks a rule
     */
    static SafetensorsHeader read(Path file, ByteBuffer bytes) throws SafetensorsException {
        if (!bytes.hasRemaining() || bytes.get(bytes.position()) != '{') {
            throw new SafetensorsException(file, "the header must start with {");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(file, "the header must be UTF-8", e);
        }
        try (JsonParser json = SafetensorsHeader.JSON.createParser(text)) {
            return new SafetensorsHeaderReader(file, json).header();
        } catch (JsonProcessingException e) {
            throw new SafetensorsException(file, "the header is not valid JSON: " + quoted(e.getOriginalMessage()), e);
        } catch (SafetensorsException e) {
            throw e;
        } catch (IOException e) {
            throw new SafetensorsException(file, "the header cannot be read", e);
        }
    }

    /** {@return a text of the file as it may stand in a message: not too long, and without control characters} */
    static String quoted(String text) {
        String start = text.length() <= NAME_CHARACTERS_IN_MESSAGE
                ? text
                : text.substring(0, NAME_CHARACTERS_IN_MESSAGE) + "…";
        return '"' + start.replaceAll("\\p{Cntrl}", "?") + '"';
    }

    private SafetensorsHeader header() throws IOException {
        Map<String, String> metadata = Map.of();
        List<Entry> entries = new ArrayList<>();
        expect(json.nextToken(), JsonToken.START_OBJECT, "the header");
        for (String key = nextKey(); key != null; key = nextKey()) {
            if (key.equals(SafetensorsHeader.METADATA)) {
                metadata = metadata();
            } else {
                entries.add(entry(key));
            }
        }
        if (json.nextToken() != null) {
            throw broken("nothing but spaces may follow the JSON of the header");
        }
        return new SafetensorsHeader(metadata, entries);
    }

    private Map<String, String> metadata() throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        expect(json.nextToken(), JsonToken.START_OBJECT, SafetensorsHeader.METADATA);
        for (String key = nextKey(); key != null; key = nextKey()) {
            expect(json.nextToken(), JsonToken.VALUE_STRING, SafetensorsHeader.METADATA + " " + quoted(key));
            metadata.put(key, text());
        }
        return metadata;
    }

    private Entry entry(String name) throws IOException {
        String tensor = "tensor " + quoted(name);
        if (UNSAFE_NAME.matcher(name).find()) {
            throw broken(tensor + ": a name must not hold control characters or read as a path out of a folder");
        }
        Optional<ElementType> type = Optional.empty();
        Optional<List<Long>> shape = Optional.empty();
        Optional<List<Long>> offsets = Optional.empty();
        expect(json.nextToken(), JsonToken.START_OBJECT, tensor);
        for (String key = nextKey(); key != null; key = nextKey()) {
            switch (key) {
                case "dtype" -> type = Optional.of(type(tensor));
                case "shape" -> shape = Optional.of(numbers(tensor + ": shape", MAX_DIMENSIONS));
                case "data_offsets" -> offsets = Optional.of(numbers(tensor + ": data_offsets", 2));
                default -> throw broken(tensor + ": unknown key " + quoted(key));
            }
        }
        List<Long> range = offsets.orElseThrow(() -> broken(tensor + ": data_offsets is missing"));
        if (range.size() != 2) {
            throw broken(tensor + ": data_offsets must be two numbers, but are " + range);
        }
        return new Entry(
                name,
                type.orElseThrow(() -> broken(tensor + ": dtype is missing")),
                shape.orElseThrow(() -> broken(tensor + ": shape is missing")),
                range.get(0),
                range.get(1));
    }

    private ElementType type(String tensor) throws IOException {
        expect(json.nextToken(), JsonToken.VALUE_STRING, tensor + ": dtype");
        String text = text();
        return Arrays.stream(ElementType.values())
                .filter(type -> type.name().equals(text))
                .findFirst()
                .orElseThrow(() -> broken(tensor + ": dtype must be one of " + Arrays.toString(ElementType.values())
                        + ", but is " + quoted(text)));
    }

    private List<Long> numbers(String what, int most) throws IOException {
        List<Long> numbers = new ArrayList<>();
        expect(json.nextToken(), JsonToken.START_ARRAY, what);
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
            if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw broken(what + " holds a number beyond 64 bits");
            }
            if (json.getLongValue() < 0) {
                throw broken(what + " holds a negative number: " + json.getLongValue());
            }
            if (numbers.size() == most) {
                throw broken(what + " holds more than " + most + " numbers");
            }
            numbers.add(json.getLongValue());
        }
        return numbers;
    }

    private @Nullable String nextKey() throws IOException {
        return json.nextToken() == JsonToken.FIELD_NAME ? text() : null;
    }

    private String text() throws IOException {
        String text = json.getText();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw broken("a text of the header holds half a surrogate pair");
        }
        return text;
    }

    private void expect(@Nullable JsonToken actual, JsonToken expected, String what) throws SafetensorsException {
        if (actual != expected) {
            throw broken(what + " must be " + described(expected) + ", but is " + described(actual));
        }
    }

    private static String described(@Nullable JsonToken token) {
        if (token == null) {
            return "missing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT -> "an integer";
            case VALUE_NUMBER_FLOAT -> "a fraction";
            case VALUE_NULL -> "null";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            default -> "something else";
        };
    }

    private SafetensorsException broken(String rule) {
        return new SafetensorsException(file, rule);
    }
}
