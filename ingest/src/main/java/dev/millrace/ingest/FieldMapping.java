package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where the fields of an example are in a record that was not written for us. Immutable.
 *
 * <p>A field without a path is where the contract has it. Several paths of the text are joined in their order; what is
 * missing, null or blank among them is left out. A number or a boolean that is found for a label, a model or a source is
 * taken as it is written.
 */
public final class FieldMapping {

    /** The fields that can be mapped. */
    public static final List<String> FIELDS = List.of("text", "label", "model", "id", "time", "weight", "source");

    /** Every field is where the contract has it. */
    public static final FieldMapping NONE = new FieldMapping(Map.of(), "\n");

    private static final Set<String> NAMES = Set.of("label", "model", "source");

    private final boolean none;
    private final Map<String, List<FieldPath>> paths;
    private final String textSeparator;

    /**
     * A mapping.
     *
     * @param paths of fields; only the text may have several
     * @param textSeparator what stands between the parts of the text
     * @throws IllegalArgumentException for a field that there is not, and for several paths of another field than the text
     */
    public FieldMapping(Map<String, List<FieldPath>> paths, String textSeparator) {
        this.none = paths.isEmpty();
        this.textSeparator = textSeparator;
        this.paths = new LinkedHashMap<>();
        for (String field : FIELDS) {
            this.paths.put(field, List.copyOf(paths.getOrDefault(field, List.of(FieldPath.parse("/" + field)))));
        }
        paths.forEach((field, found) -> {
            if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException("an example has no field " + field);
            }
            if (found.isEmpty() || (found.size() > 1 && !field.equals("text"))) {
                throw new IllegalArgumentException(field + " must have one path, but has " + found);
            }
        });
    }

    /** Whether every field is where the contract has it. */
    boolean isNone() {
        return none;
    }

    /**
     * The example in a record.
     *
     * @param record its value
     * @return an object with the contract's names; it may be the record itself
     */
    ObjectNode apply(JsonNode record) throws Unfit {
        if (none && record instanceof ObjectNode example) {
            return example;
        }
        if (none || !record.isContainerNode()) {
            throw new Unfit(new Rejection.NotAnObject(JsonFields.name(record.asToken())));
        }
        ObjectNode example = JsonNodeFactory.instance.objectNode();
        paths.forEach((field, places) -> {
            JsonNode found =
                    field.equals("text") ? text(record, places) : places.get(0).in(record);
            if (!found.isMissingNode()) {
                example.set(field, NAMES.contains(field) ? asText(found) : found);
            }
        });
        return example;
    }

    private JsonNode text(JsonNode record, List<FieldPath> places) {
        if (places.size() == 1) {
            return places.get(0).in(record);
        }
        List<String> parts = new ArrayList<>();
        boolean found = false;
        for (FieldPath place : places) {
            JsonNode part = place.in(record);
            if (part.isTextual()) {
                found = true;
                if (!part.textValue().isBlank()) {
                    parts.add(part.textValue());
                }
            } else if (!part.isMissingNode() && !part.isNull()) {
                return part;
            }
        }
        return found
                ? JsonNodeFactory.instance.textNode(String.join(textSeparator, parts))
                : JsonNodeFactory.instance.missingNode();
    }

    private static JsonNode asText(JsonNode found) {
        return found.isNumber() || found.isBoolean() ? JsonNodeFactory.instance.textNode(found.asText()) : found;
    }

    @Override
    public String toString() {
        return none ? "none" : paths.toString();
    }
}
