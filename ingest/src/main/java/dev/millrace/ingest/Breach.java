package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import dev.millrace.ingest.JsonFields.Field;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A keyword of the JSON Schema that a record breaks.
 *
 * @param field whose keyword it is; empty where it is the whole record's
 * @param keyword such as {@code maxLength}
 * @param limit what stands behind the keyword
 * @param found what the record has there, or null when it has nothing
 * @param message what the schema's validator says of it
 */
record Breach(
        String field,
        String keyword,
        JsonNode limit,
        @Nullable Field found,
        String message) {

    private static final List<String> FIRST = List.of("required", "type", "pattern", "maxLength");

    static Breach of(Error error, JsonNode record) {
        String field = error.getKeyword().equals("required")
                ? error.getProperty()
                : error.getInstanceLocation().getNameCount() == 0
                        ? ""
                        : error.getInstanceLocation().getName(0);
        return new Breach(
                field, error.getKeyword(), error.getSchemaNode(), Field.of(record.path(field)), error.getMessage());
    }

    /** The order in which the breaches of one record are told: by field, and the plainest of a field first. */
    static Comparator<Breach> order(List<String> fields) {
        return Comparator.comparingInt((Breach breach) -> fields.indexOf(breach.field()))
                .thenComparingInt(
                        breach -> FIRST.contains(breach.keyword()) ? FIRST.indexOf(breach.keyword()) : FIRST.size());
    }

    /**
     * The rule of the contract that this is.
     *
     * @param models that are known
     */
    Rejection rejection(Set<String> models) {
        return switch (field) {
            case "text" -> text();
            case "label" -> label();
            case "model" -> model(models);
            case "id" -> id();
            case "source" -> source();
            case "time" -> found != null && keyword.equals("type") ? new Rejection.TimeInvalid(found.type()) : other();
            case "weight" -> found == null ? other() : new Rejection.WeightInvalid(found.shown());
            default -> other();
        };
    }

    private Rejection text() {
        if (found == null) {
            return new Rejection.TextMissing();
        }
        return switch (keyword) {
            case "type" -> new Rejection.TextNotAString(found.type());
            case "pattern" -> new Rejection.TextEmpty();
            case "maxLength" -> new Rejection.TextTooLong(Characters.count(found.text()), limit.asInt());
            case "not" -> new Rejection.NotUnicode("text");
            default -> other();
        };
    }

    private Rejection label() {
        if (found == null) {
            return new Rejection.LabelMissing();
        }
        return switch (keyword) {
            case "type" -> new Rejection.LabelNotAString(found.type());
            case "pattern" -> new Rejection.LabelEmpty();
            case "maxLength" -> new Rejection.LabelTooLong(Characters.count(found.text()), limit.asInt());
            case "not" -> new Rejection.NotUnicode("label");
            default -> other();
        };
    }

    private Rejection model(Set<String> models) {
        return new Rejection.ModelUnknown(
                found == null ? null : found.isString() ? found.text() : found.type(), models);
    }

    private Rejection id() {
        if (found == null) {
            return new Rejection.IdInvalid("is missing, and a label needs that of its input");
        }
        return switch (keyword) {
            case "type" -> new Rejection.IdInvalid("must be a string or a number, but is " + found.type());
            case "pattern" -> new Rejection.IdInvalid("is empty or blank");
            case "maxLength" -> new Rejection.IdInvalid(tooLong(found));
            case "not" -> new Rejection.NotUnicode("id");
            default -> other();
        };
    }

    private Rejection source() {
        if (found == null) {
            return other();
        }
        return switch (keyword) {
            case "type" -> new Rejection.SourceInvalid("must be a string, but is " + found.type());
            case "maxLength" -> new Rejection.SourceInvalid(tooLong(found));
            case "not" -> new Rejection.NotUnicode("source");
            default -> other();
        };
    }

    private String tooLong(Field found) {
        return "has " + Characters.count(found.text()) + " characters, at most " + limit.asInt() + " are admitted";
    }

    /** What the schema says and this program has no words of its own for. */
    private Rejection other() {
        return new Rejection.AgainstSchema(field, Quote.bare(message));
    }
}
