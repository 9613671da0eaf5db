package dev.millrace.ingest;

import dev.millrace.ingest.JsonFields.Field;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the fields that examples and inputs share. Thread-safe.
 *
 * @param models that are known
 * @param maxTextCharacters the longest text admitted, in Unicode characters
 * @param maxRecordBytes the largest record value admitted
 */
record TextFields(KnownModels models, int maxTextCharacters, int maxRecordBytes) {

    /** The longest id, in Unicode characters. */
    static final int MAX_NAME_CHARACTERS = 512;

    JsonFields read(byte @Nullable [] value, List<String> fields) throws Unfit {
        return JsonFields.read(requireSize(value), fields);
    }

    byte[] requireSize(byte @Nullable [] value) throws Unfit {
        if (value == null) {
            throw new Unfit(new Rejection.NullValue());
        }
        if (value.length > maxRecordBytes) {
            throw new Unfit(new Rejection.RecordTooLarge(value.length, maxRecordBytes));
        }
        return value;
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
        if (!Characters.atMost(maxTextCharacters, text)) {
            throw new Unfit(new Rejection.TextTooLong(Characters.count(text), maxTextCharacters));
        }
        return requireUnicode("text", text);
    }

    String model(@Nullable Field field, Predicate<String> later) throws Unfit {
        if (field == null) {
            String unnamed = models.unnamed();
            if (unnamed == null) {
                throw new Unfit(new Rejection.ModelUnknown(null, models.all()));
            }
            return unnamed;
        }
        if (!field.isString()) {
            throw new Unfit(new Rejection.ModelUnknown(field.type(), models.all()));
        }
        if (!models.all().contains(field.text()) && !later.test(field.text())) {
            throw new Unfit(new Rejection.ModelUnknown(field.text(), models.all()));
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
        if (!Characters.atMost(MAX_NAME_CHARACTERS, id)) {
            throw new Unfit(new Rejection.IdInvalid(
                    "has " + Characters.count(id) + " characters, at most " + MAX_NAME_CHARACTERS + " are admitted"));
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
        if (!Characters.isUnicode(text)) {
            throw new Unfit(new Rejection.NotUnicode(field));
        }
        return text;
    }
}
