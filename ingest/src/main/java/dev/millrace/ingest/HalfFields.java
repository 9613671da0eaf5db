package dev.millrace.ingest;

import dev.millrace.ingest.JsonFields.Field;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Fields of the two halves of an example, with the rules that they have in a whole one. */
final class HalfFields {

    private HalfFields() {}

    static String label(@Nullable Field field) throws Unfit {
        if (field == null) {
            throw new Unfit(new Rejection.LabelMissing());
        }
        if (!field.isString()) {
            throw new Unfit(new Rejection.LabelNotAString(field.type()));
        }
        String label = field.text();
        if (label.isBlank()) {
            throw new Unfit(new Rejection.LabelEmpty());
        }
        int characters = Characters.count(label);
        if (characters > LabelledExample.MAX_LABEL_CHARACTERS) {
            throw new Unfit(new Rejection.LabelTooLong(characters, LabelledExample.MAX_LABEL_CHARACTERS));
        }
        return TextFields.requireUnicode("label", label);
    }

    static Instant time(@Nullable Field field, Headers headers, Instant timestamp) throws Unfit {
        Instant latest = timestamp.plus(ExampleParser.CLOCK_TOLERANCE);
        if (field == null) {
            String header =
                    TextFields.header(headers, "ce_time", new Rejection.TimeInvalid("no UTF-8 in the header ce_time"));
            return header == null ? timestamp : ExampleTime.ofText(header, latest);
        }
        if (field.isString()) {
            return ExampleTime.ofText(field.text(), latest);
        }
        if (field.isNumber()) {
            return ExampleTime.ofMillis(field.text(), latest);
        }
        throw new Unfit(new Rejection.TimeInvalid(field.type()));
    }

    static @Nullable String source(@Nullable Field field, Headers headers) throws Unfit {
        if (field != null && !field.isString()) {
            throw new Unfit(new Rejection.SourceInvalid("must be a string, but is " + field.type()));
        }
        String source = field != null
                ? field.text()
                : TextFields.header(
                        headers, "ce_source", new Rejection.SourceInvalid("in the header ce_source is not UTF-8"));
        if (source == null || source.isBlank()) {
            return null;
        }
        if (source.length() > TextFields.MAX_NAME_CHARACTERS) {
            throw new Unfit(new Rejection.SourceInvalid("has " + source.length() + " characters, at most "
                    + TextFields.MAX_NAME_CHARACTERS + " are admitted"));
        }
        return TextFields.requireUnicode("source", source);
    }
}
