package dev.millrace.ingest;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** Writes a JSON object anew with the contract's names for text and label; what cannot be is left as it is. */
final class FieldRenaming {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final Columns columns;

    FieldRenaming(Columns columns) {
        this.columns = columns;
    }

    byte[] apply(byte[] line) {
        try {
            JsonNode read = MAPPER.readTree(line);
            if (!read.isObject() || !read.has(columns.text()) || !read.has(columns.label())) {
                return line;
            }
            ObjectNode renamed = MAPPER.createObjectNode();
            renamed.set("text", read.get(columns.text()));
            renamed.set("label", read.get(columns.label()));
            for (String name : TableReader.FURTHER) {
                if (read.has(name) && !name.equals(columns.text()) && !name.equals(columns.label())) {
                    renamed.set(name, read.get(name));
                }
            }
            return MAPPER.writeValueAsBytes(renamed);
        } catch (IOException malformed) {
            // Not hidden: the line goes on as it is, and becomes a dead letter that says why.
            return line;
        }
    }
}
