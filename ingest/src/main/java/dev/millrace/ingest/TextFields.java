package dev.millrace.ingest;

import dev.millrace.ingest.JsonFields.Field;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the fields that examples and inputs share. Thread-safe.
 *
 * @param models that are known, one at least
 * @param maxTextCharacters the longest text admitted, in UTF-16 code units
 * @param maxRecordBytes the largest record value admitted
 */
record TextFields(Set<String> models, int maxTextCharacters, int maxRecordBytes) {

    /** The longest id and the longest source, in UTF-16 code units. */
    static final int MAX_NAME_CHARACTERS = 512;

    JsonFields read(byte @Nullable [] value, List<String> fields) throws Unfit {
        if (value == null) {
            throw new Unfit(new Rejection.NullValue());
        }
        if (value.length > maxRecordBytes) {
            throw new Unfit(new Rejection.RecordTooLarge(value.length, maxRecordBytes));
        }
        return JsonFields.read(value, fields);
    }

    String text(@Nullable Field field) throws Unfit {
        if (field == null) {
            throw new Unfit(new Rejection.TextMissing());
        }
        if (!field.isString()) {
            throw new Unfit(new Rejection.TextNotAString(field.type()));
        }
        String text = field.text();
        if (text.isBlank()) {
            throw new Unfit(new Rejection.TextEmpty());
        }
        if (text.length() > maxTextCharacters) {
            throw new Unfit(new Rejection.TextTooLong(text.length(), maxTextCharacters));
        }
        return requireUnicode("text", text);
    }

    String model(@Nullable Field field) throws Unfit {
        if (field == null) {
            if (models.size() > 1) {
                throw new Unfit(new Rejection.ModelUnknown(null, models));
            }
            return models.iterator().next();
        }
        if (!field.isString() || !models.contains(field.text())) {
            throw new Unfit(new Rejection.ModelUnknown(field.isString() ? field.text() : field.type(), models));
        }
        return field.text();
    }

    static @Nullable String id(@Nullable Field field, Headers headers) throws Unfit {
        if (field == null) {
            String header = header(headers, "ce_id", new Rejection.IdInvalid("in the header ce_id is not UTF-8"));
            return header == null ? null : id(header);
        }
        if (!field.isString() && !field.isNumber()) {
            throw new Unfit(new Rejection.IdInvalid("must be a string or a number, but is " + field.type()));
        }
        return id(field.text());
    }

    private static String id(String id) throws Unfit {
        if (id.isBlank()) {
            throw new Unfit(new Rejection.IdInvalid("is empty or blank"));
        }
        if (id.length() > MAX_NAME_CHARACTERS) {
            throw new Unfit(new Rejection.IdInvalid(
                    "has " + id.length() + " characters, at most " + MAX_NAME_CHARACTERS + " are admitted"));
        }
        return requireUnicode("id", id);
    }

    static @Nullable String header(Headers headers, String name, Rejection malformed) throws Unfit {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            return null;
        }
        try {
            return JsonFields.decode(header.value()).toString();
        } catch (Unfit notUtf8) {
            throw new Unfit(malformed);
        }
    }

    static String requireUnicode(String field, String text) throws Unfit {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(i + 1))) {
                    throw new Unfit(new Rejection.NotUnicode(field));
                }
                i++;
            }
        }
        return text;
    }
}
