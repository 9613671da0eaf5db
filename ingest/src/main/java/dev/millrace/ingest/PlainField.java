package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.ingest.JsonFields.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a field must be to obey its JSON Schema for certain, in checks that take no time to speak of.
 *
 * <p>It is made of the schema's own keywords. A keyword that it does not know makes it vouch for no record, and so a change
 * of the schema can make validation slower, but not wrong.
 *
 * @param name of the field
 * @param canVouch whether it knows every keyword
 * @param maybeAbsent whether the field may be missing or null
 * @param string whether it may be a string
 * @param number whether it may be a number
 * @param notBlank whether a string must have a character that is no white space
 * @param maxLength the most Unicode characters of a string
 * @param unicode whether a string must be free of unpaired surrogates
 * @param above what a number must be above, or null
 * @param values the strings admitted, or null for all
 */
record PlainField(
        String name,
        boolean canVouch,
        boolean maybeAbsent,
        boolean string,
        boolean number,
        boolean notBlank,
        int maxLength,
        boolean unicode,
        @Nullable Double above,
        @Nullable Set<String> values) {

    /** White space as Java has it: of all engines of regular expressions none means the same by \s. */
    static final String NOT_BLANK =
            "[^\\t-\\r\\u001c-\\u0020\\u1680\\u2000-\\u2006\\u2008-\\u200a\\u2028\\u2029\\u205f\\u3000]";

    static final String UNPAIRED_SURROGATE = "[\\ud800-\\udfff]";

    private static final Set<String> KNOWN =
            Set.of("type", "pattern", "maxLength", "not", "exclusiveMinimum", "enum", "description", "examples");
    private static final Set<String> KNOWN_OF_ALL =
            Set.of("$schema", "$id", "title", "description", "type", "required", "properties");
    private static final Set<String> TYPES = Set.of("string", "number", "null");

    /** The checks of all fields of a schema. */
    static List<PlainField> all(ObjectNode schema) {
        boolean known = schema.path("type").asText().equals("object")
                && schema.properties().stream().map(Map.Entry::getKey).allMatch(KNOWN_OF_ALL::contains);
        Set<String> required = texts(schema.path("required"));
        List<PlainField> all = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            String name = property.getKey();
            all.add(of(name, property.getValue(), required.contains(name), known));
        }
        return List.copyOf(all);
    }

    private static PlainField of(String name, JsonNode rule, boolean required, boolean known) {
        Set<String> types = texts(rule.path("type"));
        JsonNode pattern = rule.path("pattern");
        JsonNode not = rule.path("not");
        JsonNode above = rule.path("exclusiveMinimum");
        return new PlainField(
                name,
                known
                        && rule.properties().stream().map(Map.Entry::getKey).allMatch(KNOWN::contains)
                        && TYPES.containsAll(types)
                        && (pattern.isMissingNode() || pattern.asText().equals(NOT_BLANK))
                        && (not.isMissingNode() || isUnpairedSurrogate(not)),
                !required && types.contains("null"),
                types.contains("string"),
                types.contains("number"),
                !pattern.isMissingNode(),
                rule.path("maxLength").asInt(Integer.MAX_VALUE),
                !not.isMissingNode(),
                above.isNumber() ? above.doubleValue() : null,
                rule.has("enum") ? texts(rule.path("enum")) : null);
    }

    private static boolean isUnpairedSurrogate(JsonNode not) {
        return not.size() == 2
                && not.path("type").asText().equals("string")
                && not.path("pattern").asText().equals(UNPAIRED_SURROGATE);
    }

    private static Set<String> texts(JsonNode one) {
        Set<String> texts = new HashSet<>();
        if (one.isTextual()) {
            texts.add(one.textValue());
        }
        one.forEach(element -> texts.add(element.asText()));
        return Set.copyOf(texts);
    }

    /**
     * Whether the field obeys for certain.
     *
     * @param field as it stands in a record, or null when it is missing or null there
     */
    boolean isObeyed(@Nullable Field field) {
        if (!canVouch) {
            return false;
        }
        if (field == null) {
            return maybeAbsent;
        }
        if (field.isString()) {
            return string && isObeyed(field.text());
        }
        // What is too large for a double is above every bound, and what is too small for one is left to the schema.
        return number
                && field.isNumber()
                && values == null
                && (above == null || Double.parseDouble(field.text()) > above);
    }

    private boolean isObeyed(String text) {
        return !(notBlank && text.isBlank())
                && Characters.atMost(maxLength, text)
                && !(unicode && !Characters.isUnicode(text))
                && (values == null || values.contains(text));
    }
}
