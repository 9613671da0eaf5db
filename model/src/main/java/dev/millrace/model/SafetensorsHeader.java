package dev.millrace.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The JSON at the start of a safetensors file: which tensors there are, and where their bytes lie. */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> entries) {

    /** The longest header that readers admit, in bytes; the limit of the reference implementation. */
    static final int MAX_BYTES = 100_000_000;

    /** The key that holds the metadata, and so cannot name a tensor. */
    static final String METADATA = "__metadata__";

    /** The header is padded with spaces to a multiple of this, so that the tensors' bytes start aligned. */
    static final int ALIGNMENT = 8;

    /**
     * Refuses a key that comes twice. Names are not kept in Jackson's shared table: the table refuses names that collide
     * in it, with an exception of its own.
     */
    static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /**
     * A tensor as the header describes it.
     *
     * @param begin where its bytes start, counted from the end of the header
     * @param end where its bytes end, exclusive
     */
    record Entry(String name, ElementType type, List<Long> shape, long begin, long end) {

        Entry {
            shape = List.copyOf(shape);
        }
    }

    SafetensorsHeader {
        metadata = Map.copyOf(metadata);
        entries = List.copyOf(entries);
    }

    /**
     * The header of a file that holds these tensors one after the other.
     *
     * @throws IllegalArgumentException when a name comes twice or cannot be written, or when the header grows too long
     */
    static SafetensorsHeader of(List<Tensor> tensors, Map<String, String> metadata) {
        Set<String> names = new HashSet<>();
        Entry[] entries = new Entry[tensors.size()];
        long begin = 0;
        for (int i = 0; i < entries.length; i++) {
            Tensor tensor = tensors.get(i);
            if (tensor.name().equals(METADATA)) {
                throw new IllegalArgumentException("a tensor must not be called " + METADATA);
            }
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("two tensors are called \"" + tensor.name() + "\"");
            }
            long end = begin + tensor.data().remaining();
            entries[i] = new Entry(tensor.name(), tensor.type(), tensor.shape(), begin, end);
            begin = end;
        }
        return new SafetensorsHeader(metadata, List.of(entries));
    }

    /** {@return the header as JSON in UTF-8, padded with spaces} */
    byte[] toBytes() {
        ByteBuffer json;
        try {
            json = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(toJson()));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a name or a metadata text holds half a surrogate pair", e);
        }
        int length = json.remaining();
        int padded = length + Math.floorMod(-length, ALIGNMENT);
        if (padded > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the header must have at most " + MAX_BYTES + " bytes, but has " + padded);
        }
        byte[] bytes = new byte[padded];
        json.get(bytes, 0, length);
        Arrays.fill(bytes, length, padded, (byte) ' ');
        return bytes;
    }

    private String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            for (Entry entry : entries) {
                json.writeObjectFieldStart(entry.name());
                json.writeStringField("dtype", entry.type().name());
                json.writeFieldName("shape");
                writeArray(
                        json, entry.shape().stream().mapToLong(Long::longValue).toArray());
                json.writeFieldName("data_offsets");
                writeArray(json, entry.begin(), entry.end());
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to a string failed", e);
        }
        return text.toString();
    }

    private static void writeArray(JsonGenerator json, long... values) throws IOException {
        json.writeArray(values, 0, values.length);
    }
}
