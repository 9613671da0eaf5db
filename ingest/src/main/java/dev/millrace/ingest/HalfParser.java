package dev.millrace.ingest;

import java.time.Instant;
import java.util.List;

/**
 * The contract of the two halves of an example. Its fields have the rules that they have in a whole one; an input needs a
 * text, a label needs a label and the id of its input. An input without an id is known by where it lies, as it is to
 * whoever answers it. Safe for use by several threads when its probe is.
 */
final class HalfParser {

    private static final List<String> INPUT = List.of("id", "model", "text", "time", "source");
    private static final List<String> LABEL = List.of("id", "model", "label", "time", "source", "weight");

    private final TextFields rules;
    private final TextProbe probe;

    HalfParser(IngestSettings settings, TextProbe probe) {
        this.rules = new TextFields(settings.knownModels(), settings.maxTextCharacters(), settings.maxRecordBytes());
        this.probe = probe;
    }

    Half parse(HalfKind kind, RawRecord record) throws Unfit {
        return kind == HalfKind.INPUT ? input(record) : label(record);
    }

    Half.Input input(RawRecord record) throws Unfit {
        JsonFields fields = rules.read(record.value(), INPUT);
        String text = rules.text(fields.get("text"));
        String model = rules.model(fields.get("model"));
        String id = TextFields.id(fields.get("id"), record.headers());
        Instant time = HalfFields.time(fields.get("time"), record.headers(), record.time());
        String source = HalfFields.source(fields.get("source"), record.headers());
        ExampleParser.requireTokens(probe, model, text);
        return new Half.Input(id == null ? record.place() : id, model, text, time, source);
    }

    Half.Label label(RawRecord record) throws Unfit {
        JsonFields fields = rules.read(record.value(), LABEL);
        String label = HalfFields.label(fields.get("label"));
        String model = rules.model(fields.get("model"));
        String id = TextFields.id(fields.get("id"), record.headers());
        if (id == null) {
            throw new Unfit(new Rejection.IdInvalid("is missing, and a label needs that of its input"));
        }
        Instant time = HalfFields.time(fields.get("time"), record.headers(), record.time());
        double weight = ExampleParser.weight(fields.get("weight"));
        String source = HalfFields.source(fields.get("source"), record.headers());
        return new Half.Label(id, model, label, time, source, weight);
    }
}
