package dev.millrace.ingest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.ingest.JsonFields.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The contract of the labelled example: turns a record into an example, or into the first rule that it breaks.
 *
 * <p>{@code text} and {@code label} are required. {@code model} defaults to the only job, {@code id} to a digest of model,
 * text and label, {@code time} to the record's timestamp, {@code weight} to 1. The headers {@code ce_id}, {@code ce_source}
 * and {@code ce_time} of CloudEvents in binary mode stand in for what the JSON does not say, and so does the envelope of
 * CloudEvents in structured mode. Unknown fields are ignored, null fields count as absent, and texts are kept to the letter.
 *
 * <p>Which fields there are and what they may be is in the JSON Schema {@code docs/schema/labelled-example.schema.json};
 * here is what a schema cannot say. Where the fields of the topic have other names or places, the settings say so.
 *
 * Values in Avro, Protobuf or JSON that carry the id of a schema are decoded first, where the settings name a schema
 * registry.
 *
 * <p>No record makes it throw, only a schema registry that is away. Safe for use by several threads when its probe is.
 */
public final class ExampleParser {

    static final Duration CLOCK_TOLERANCE = Duration.ofDays(1);

    private final TextFields rules;
    private final RecordSchema schema;
    private final RecordSchema schemaOfLaterModels;
    private final TopicFormat format;
    private final @Nullable FramedValues framed;
    private final TextProbe probe;

    /**
     * A parser.
     *
     * @param settings the models, the limits and the format of the topic
     * @param probe knows the tokenizers
     */
    public ExampleParser(IngestSettings settings, TextProbe probe) {
        this(
                settings,
                probe,
                RecordSchema.of("labelled-example", settings.knownModels(), settings.maxTextCharacters()));
    }

    ExampleParser(IngestSettings settings, TextProbe probe, RecordSchema schema) {
        this.rules = new TextFields(settings.knownModels(), settings.maxTextCharacters(), settings.maxRecordBytes());
        this.schema = schema;
        this.schemaOfLaterModels = RecordSchema.ofAnyModel("labelled-example", settings.maxTextCharacters());
        this.format = settings.format();
        SchemaRegistry registry = format.registry();
        this.framed = registry == null
                ? null
                : new FramedValues(new RegisteredSchemas(registry, System::nanoTime), System::nanoTime);
        this.probe = probe;
    }

    /**
     * Judges one record.
     *
     * @param value its value, or null
     * @param headers its headers
     * @param timestamp its timestamp in milliseconds since 1970, not negative
     * @return the example or the rejection
     * @throws RetriableException when the value carries the id of a schema, and the schema registry does not answer, or when
     *     it cannot be found out whether there is its model: nothing is known of the record, which must be parsed again
     */
    public Parsed parse(byte @Nullable [] value, Headers headers, long timestamp) {
        try {
            JsonFields fields = valid(rules.requireSize(value), headers);
            return new Parsed.Accepted(example(fields, Instant.ofEpochMilli(timestamp)));
        } catch (Unfit unfit) {
            return new Parsed.Rejected(unfit.rejection());
        }
    }

    /** The fields of a record that obeys the schema. */
    private JsonFields valid(byte[] value, Headers headers) throws Unfit {
        ContentType type = ContentType.of(headers);
        boolean decodes = framed != null && type == ContentType.ANY && FramedValues.isFramed(value);
        boolean maps = !format.fields().isNone() && type != ContentType.CONTRACT;
        return type != ContentType.CLOUD_EVENT && !decodes && !maps
                ? schema.read(value, headers, this::schemaOf)
                : schema.read(tree(value, type), headers, this::schemaOf);
    }

    private RecordSchema schemaOf(JsonFields example) {
        return isOfLaterModel(example, rules.models(), probe) ? schemaOfLaterModels : schema;
    }

    /** Whether a record is for a model that the settings do not name, and that is known all the same. */
    static boolean isOfLaterModel(JsonFields record, KnownModels models, TextProbe probe) {
        Field model = record.get("model");
        return model != null && model.isString() && !models.all().contains(model.text()) && probe.knows(model.text());
    }

    private ObjectNode tree(byte[] value, ContentType type) throws Unfit {
        if (type == ContentType.CLOUD_EVENT) {
            return CloudEvents.structured(value, format.fields());
        }
        return format.fields()
                .apply(framed != null && FramedValues.isFramed(value) ? framed.decode(value) : JsonTree.read(value));
    }

    private LabelledExample example(JsonFields fields, Instant timestamp) throws Unfit {
        String text = Objects.requireNonNull(fields.get("text")).text();
        String label = Objects.requireNonNull(fields.get("label")).text();
        String model = model(fields.get("model"), rules.models());
        String id = id(fields.get("id"));
        Instant time = time(fields.get("time"), timestamp);
        double weight = weight(fields.get("weight"));
        String source = source(fields.get("source"));
        requireTokens(probe, model, text);
        return new LabelledExample(
                id == null ? ContentId.of(model, text, label) : id, model, text, label, time, source, weight);
    }

    /** The schema has asked for a name where no model is meant without one. */
    static String model(@Nullable Field field, KnownModels models) {
        return field == null ? Objects.requireNonNull(models.unnamed()) : field.text();
    }

    static @Nullable String id(@Nullable Field field) throws Unfit {
        if (field == null) {
            return null;
        }
        if (field.isNumber() && field.text().length() > TextFields.MAX_NAME_CHARACTERS) {
            throw new Unfit(
                    new Rejection.IdInvalid("is a number of " + field.text().length() + " characters, at most "
                            + TextFields.MAX_NAME_CHARACTERS + " are admitted"));
        }
        return field.text();
    }

    static Instant time(@Nullable Field field, Instant timestamp) throws Unfit {
        if (field == null) {
            return timestamp;
        }
        Instant latest = timestamp.plus(CLOCK_TOLERANCE);
        return field.isNumber() ? ExampleTime.ofMillis(field.text(), latest) : ExampleTime.ofText(field.text(), latest);
    }

    static double weight(@Nullable Field field) throws Unfit {
        if (field == null) {
            return 1;
        }
        double weight = Double.parseDouble(field.text());
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new Unfit(new Rejection.WeightInvalid(field.shown()));
        }
        return weight;
    }

    static @Nullable String source(@Nullable Field field) {
        return field == null || field.text().isBlank() ? null : field.text();
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
