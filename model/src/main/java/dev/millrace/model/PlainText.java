package dev.millrace.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Texts of which something is left in any case, for tokenizers of the BERT family: their normalizer keeps every ASCII
 * letter and digit, and each word then gives one token at least, that of the unknown if no other.
 */
final class PlainText {

    private static final JsonFactory JSON = new JsonFactory();
    private static final Map<String, String> FAMILY = Map.of(
            "normalizer", "BertNormalizer",
            "pre_tokenizer", "BertPreTokenizer",
            "model", "WordPiece");

    private PlainText() {}

    /**
     * Whether a tokenizer is one of those.
     *
     * @param json a Hugging Face {@code tokenizer.json}
     * @return false also when it cannot be read
     */
    static boolean suits(String json) {
        Map<String, String> types = new HashMap<>();
        try (JsonParser parser = JSON.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            // Ends at the type of the model, and does not read the vocabulary behind it.
            while (!types.containsKey("model") && parser.nextToken() == JsonToken.FIELD_NAME) {
                String part = parser.currentName();
                if (parser.nextToken() == JsonToken.START_OBJECT && FAMILY.containsKey(part)) {
                    types.put(part, type(parser));
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException e) {
            return false;
        }
        return types.equals(FAMILY);
    }

    /** The field of this name in the object at hand, or nothing; unless it is that of the model, the rest is skipped. */
    private static String type(JsonParser parser) throws IOException {
        String type = "";
        while (type.isEmpty() && parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (parser.nextToken() == JsonToken.VALUE_STRING && name.equals("type")) {
                type = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
        if (!type.isEmpty() && !type.equals(FAMILY.get("model"))) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                parser.skipChildren();
            }
        }
        return type;
    }

    /** Whether a text has an ASCII letter or digit, and nothing beside it that a conversion could stumble over. */
    static boolean is(String text) {
        boolean seen = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || Character.isSurrogate(c)) {
                return false;
            }
            seen |= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        }
        return seen;
    }
}
