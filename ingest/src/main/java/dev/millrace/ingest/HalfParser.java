package dev.millrace.ingest;

import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The contract of the two halves of an example: the JSON Schemas {@code docs/schema/input.schema.json} and {@code
 * label.schema.json}, and what a schema cannot say. An input without an id is known by where it lies, as it is to whoever
 * answers it. Safe for use by several threads when its probe is.
 */
final class HalfParser {

    private final TextFields rules;
    private final RecordSchema inputs;
    private final RecordSchema labels;
    private final RecordSchema inputsOfLaterModels;
    private final RecordSchema labelsOfLaterModels;
    private final TextProbe probe;

    HalfParser(IngestSettings settings, TextProbe probe) {
        this.rules = new TextFields(settings.knownModels(), settings.maxTextCharacters(), settings.maxRecordBytes());
        this.inputs = RecordSchema.of("input", settings.knownModels(), settings.maxTextCharacters());
        this.labels = RecordSchema.of("label", settings.knownModels(), settings.maxTextCharacters());
        this.inputsOfLaterModels = RecordSchema.ofAnyModel("input", settings.maxTextCharacters());
        this.labelsOfLaterModels = RecordSchema.ofAnyModel("label", settings.maxTextCharacters());
        this.probe = probe;
    }

    private boolean isOfLaterModel(JsonFields half) {
        return ExampleParser.isOfLaterModel(half, rules.models(), probe);
    }

    Half parse(HalfKind kind, RawRecord record) throws Unfit {
        return kind == HalfKind.INPUT
                ? input(record.value(), record.headers(), record.time(), record.place())
                : label(record.value(), record.headers(), record.time());
    }

    /**
     * An input.
     *
     * @param timestamp of the record
     * @param place where it lies
     */
    Half.Input input(byte @Nullable [] value, Headers headers, Instant timestamp, String place) throws Unfit {
        JsonFields fields = inputs.read(
                rules.requireSize(value), headers, half -> isOfLaterModel(half) ? inputsOfLaterModels : inputs);
        String text = Objects.requireNonNull(fields.get("text")).text();
        String model = ExampleParser.model(fields.get("model"), rules.models());
        String id = ExampleParser.id(fields.get("id"));
        Instant time = ExampleParser.time(fields.get("time"), timestamp);
        ExampleParser.requireTokens(probe, model, text);
        return new Half.Input(id == null ? place : id, model, text, time, ExampleParser.source(fields.get("source")));
    }

    /**
     * A label.
     *
     * @param timestamp of the record
     */
    Half.Label label(byte @Nullable [] value, Headers headers, Instant timestamp) throws Unfit {
        JsonFields fields = labels.read(
                rules.requireSize(value), headers, half -> isOfLaterModel(half) ? labelsOfLaterModels : labels);
        return new Half.Label(
                Objects.requireNonNull(ExampleParser.id(fields.get("id"))),
                ExampleParser.model(fields.get("model"), rules.models()),
                Objects.requireNonNull(fields.get("label")).text(),
                ExampleParser.time(fields.get("time"), timestamp),
                ExampleParser.source(fields.get("source")),
                ExampleParser.weight(fields.get("weight")));
    }
}
