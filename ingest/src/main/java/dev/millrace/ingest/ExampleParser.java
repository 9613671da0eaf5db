package dev.millrace.ingest;

import dev.millrace.ingest.JsonFields.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The contract of the labelled example: turns a record into an example, or into the first rule that it breaks.
 *
 * <p>{@code text} and {@code label} are required. {@code model} defaults to the only job, {@code id} to a digest of model,
 * text and label, {@code time} to the record's timestamp, {@code weight} to 1. The headers {@code ce_id}, {@code ce_source}
 * and {@code ce_time} of CloudEvents in binary mode stand in for what the JSON does not say. Unknown fields are ignored,
 * null fields count as absent, and texts are kept to the letter.
 *
 * <p>No record makes it throw. Safe for use by several threads when its probe is.
 */
public final class ExampleParser {

    /** The longest id and the longest source, in UTF-16 code units. */
    static final int MAX_NAME_CHARACTERS = 512;

    private static final Set<String> FIELDS = Set.of("id", "model", "text", "label", "time", "source", "weight");
    private static final Duration CLOCK_TOLERANCE = Duration.ofDays(1);

    private final IngestSettings settings;
    private final TextProbe probe;

    /**
     * A parser.
     *
     * @param settings the models and the limits
     * @param probe knows the tokenizers
     */
    public ExampleParser(IngestSettings settings, TextProbe probe) {
        this.settings = settings;
        this.probe = probe;
    }

    /**
     * Judges one record.
     *
     * @param value its value, or null
     * @param headers its headers
     * @param timestamp its timestamp in milliseconds since 1970, not negative
     * @return the example or the rejection
     */
    public Parsed parse(byte @Nullable [] value, Headers headers, long timestamp) {
        try {
            return new Parsed.Accepted(example(value, headers, Instant.ofEpochMilli(timestamp)));
        } catch (Unfit unfit) {
            return new Parsed.Rejected(unfit.rejection());
        }
    }

    private LabelledExample example(byte @Nullable [] value, Headers headers, Instant timestamp) throws Unfit {
        if (value == null) {
            throw new Unfit(new Rejection.NullValue());
        }
        if (value.length > settings.maxRecordBytes()) {
            throw new Unfit(new Rejection.RecordTooLarge(value.length, settings.maxRecordBytes()));
        }
        JsonFields fields = JsonFields.read(value, FIELDS);
        String text = text(fields.get("text"));
        String label = label(fields.get("label"));
        String model = model(fields.get("model"));
        String id = id(fields.get("id"), headers);
        Instant time = time(fields.get("time"), headers, timestamp);
        double weight = weight(fields.get("weight"));
        String source = source(fields.get("source"), headers);
        requireTokens(model, text);
        return new LabelledExample(
                id == null ? ContentId.of(model, text, label) : id, model, text, label, time, source, weight);
    }

    private String text(@Nullable Field field) throws Unfit {
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
        if (text.length() > settings.maxTextCharacters()) {
            throw new Unfit(new Rejection.TextTooLong(text.length(), settings.maxTextCharacters()));
        }
        return requireUnicode("text", text);
    }

    private static String label(@Nullable Field field) throws Unfit {
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
        if (label.length() > LabelledExample.MAX_LABEL_CHARACTERS) {
            throw new Unfit(new Rejection.LabelTooLong(label.length()));
        }
        return requireUnicode("label", label);
    }

    private String model(@Nullable Field field) throws Unfit {
        Set<String> known = settings.models();
        if (field == null) {
            if (known.size() > 1) {
                throw new Unfit(new Rejection.ModelUnknown(null, known));
            }
            return known.iterator().next();
        }
        if (!field.isString() || !known.contains(field.text())) {
            throw new Unfit(new Rejection.ModelUnknown(field.isString() ? field.text() : field.type(), known));
        }
        return field.text();
    }

    private static @Nullable String id(@Nullable Field field, Headers headers) throws Unfit {
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

    private static Instant time(@Nullable Field field, Headers headers, Instant timestamp) throws Unfit {
        Instant latest = timestamp.plus(CLOCK_TOLERANCE);
        if (field == null) {
            String header = header(headers, "ce_time", new Rejection.TimeInvalid("no UTF-8 in the header ce_time"));
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

    private static double weight(@Nullable Field field) throws Unfit {
        if (field == null) {
            return 1;
        }
        double weight = field.isNumber() ? Double.parseDouble(field.text()) : Double.NaN;
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new Unfit(new Rejection.WeightInvalid(field.shown()));
        }
        return weight;
    }

    private static @Nullable String source(@Nullable Field field, Headers headers) throws Unfit {
        if (field != null && !field.isString()) {
            throw new Unfit(new Rejection.SourceInvalid("must be a string, but is " + field.type()));
        }
        String source = field != null
                ? field.text()
                : header(headers, "ce_source", new Rejection.SourceInvalid("in the header ce_source is not UTF-8"));
        if (source == null || source.isBlank()) {
            return null;
        }
        if (source.length() > MAX_NAME_CHARACTERS) {
            throw new Unfit(new Rejection.SourceInvalid(
                    "has " + source.length() + " characters, at most " + MAX_NAME_CHARACTERS + " are admitted"));
        }
        return requireUnicode("source", source);
    }

    private void requireTokens(String model, String text) throws Unfit {
        boolean hasTokens;
        try {
            hasTokens = probe.hasTokens(model, text);
        } catch (RuntimeException e) {
            // A text that breaks a tokenizer is the producer's affair like any other, and must not stop the stream.
            throw new Unfit(new Rejection.TextUnreadable(Quote.bare(e.toString())));
        }
        if (!hasTokens) {
            throw new Unfit(new Rejection.TextWithoutTokens(model));
        }
    }

    private static @Nullable String header(Headers headers, String name, Rejection malformed) throws Unfit {
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

    private static String requireUnicode(String field, String text) throws Unfit {
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
