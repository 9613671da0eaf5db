package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.CharBuffer;
import java.util.Arrays;

/** One JSON text as a tree, read as strictly as {@link JsonFields} reads, with numbers as exact as they were written. */
final class JsonTree {

    static final JsonMapper MAPPER = JsonMapper.builder(JsonFields.JSON)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private JsonTree() {}

    /** A number out of another format; what JSON has no number for is text, which is refused where a number is wanted. */
    static JsonNode number(double value) {
        return Double.isFinite(value)
                ? JsonNodeFactory.instance.numberNode(value)
                : JsonNodeFactory.instance.textNode(Double.toString(value));
    }

    /** The same, in as many digits as it has. */
    static JsonNode number(float value) {
        return Float.isFinite(value) ? JsonNodeFactory.instance.numberNode(value) : number((double) value);
    }

    static JsonNode read(byte[] value, int start) throws Unfit {
        return read(Arrays.copyOfRange(value, start, value.length));
    }

    static JsonNode read(byte[] value) throws Unfit {
        CharBuffer text = JsonFields.decode(value);
        int start = text.hasRemaining() && text.charAt(0) == '\uFEFF' ? 1 : 0;
        try {
            JsonNode tree =
                    MAPPER.readTree(new String(text.array(), text.arrayOffset() + start, text.remaining() - start));
            if (tree.isMissingNode()) {
                throw new Unfit(new Rejection.NotJson("it is empty"));
            }
            return tree;
        } catch (JsonProcessingException e) {
            throw new Unfit(new Rejection.NotJson(Quote.bare(e.getOriginalMessage())));
        } catch (NumberFormatException e) {
            // An exponent beyond what a BigDecimal can have, which the grammar of JSON allows.
            throw new Unfit(new Rejection.NotJson(Quote.bare(String.valueOf(e.getMessage()))));
        }
    }
}
