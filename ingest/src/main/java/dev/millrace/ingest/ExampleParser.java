package dev.millrace.ingest;

import dev.millrace.ingest.JsonFields.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

    private static final List<String> FIELDS = List.of("id", "model", "text", "label", "time", "source", "weight");
    private static final Duration CLOCK_TOLERANCE = Duration.ofDays(1);

    private final TextFields rules;
    private final TextProbe probe;

    /**
     * A parser.
     *
     * @param settings the models and the limits
     * @param probe knows the tokenizers
     */
    public ExampleParser(IngestSettings settings, TextProbe probe) {
        this.rules = new TextFields(settings.models(), settings.maxTextCharacters(), settings.maxRecordBytes());
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
        JsonFields fields = rules.read(value, FIELDS);
        String text = rules.text(fields.get("text"));
        String label = label(fields.get("label"));
        String model = rules.model(fields.get("model"));
        String id = TextFields.id(fields.get("id"), headers);
        Instant time = time(fields.get("time"), headers, timestamp);
        double weight = weight(fields.get("weight"));
        String source = source(fields.get("source"), headers);
        requireTokens(probe, model, text);
        return new LabelledExample(
                id == null ? ContentId.of(model, text, label) : id, model, text, label, time, source, weight);
    }

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
        if (label.length() > LabelledExample.MAX_LABEL_CHARACTERS) {
            throw new Unfit(new Rejection.LabelTooLong(label.length()));
        }
        return TextFields.requireUnicode("label", label);
    }

    static Instant time(@Nullable Field field, Headers headers, Instant timestamp) throws Unfit {
        Instant latest = timestamp.plus(CLOCK_TOLERANCE);
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

    static double weight(@Nullable Field field) throws Unfit {
        if (field == null) {
            return 1;
        }
        double weight = field.isNumber() ? Double.parseDouble(field.text()) : Double.NaN;
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new Unfit(new Rejection.WeightInvalid(field.shown()));
        }
        return weight;
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

    static void requireTokens(TextProbe probe, String model, String text) throws Unfit {
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
}
