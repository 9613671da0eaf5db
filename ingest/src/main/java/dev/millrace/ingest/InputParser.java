package dev.millrace.ingest;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The contract of a text to be answered: turns a record of {@code inputs} into one, or into the first rule that it breaks.
 *
 * <p>{@code text} is required. {@code model} defaults to the only one, {@code id} to the header {@code ce_id} of
 * CloudEvents and then to where the record lies. Unknown fields are ignored, null fields count as absent.
 *
 * <p>No record makes it throw. Thread-safe when what it asks about later models is.
 */
public final class InputParser {

    private static final List<String> FIELDS = List.of("id", "model", "text");

    private final TextFields rules;
    private final Predicate<String> later;

    /**
     * A parser.
     *
     * @param models that answer, one at least
     * @param maxTextCharacters the longest text admitted, in Unicode characters
     * @param maxRecordBytes the largest record value admitted
     */
    public InputParser(Set<String> models, int maxTextCharacters, int maxRecordBytes) {
        this(KnownModels.of(models, Map.of()), model -> false, maxTextCharacters, maxRecordBytes);
    }

    /**
     * A parser.
     *
     * @param models that answer
     * @param later whether another model answers too; what it throws, {@link #parse} throws
     * @param maxTextCharacters the longest text admitted, in Unicode characters
     * @param maxRecordBytes the largest record value admitted
     */
    public InputParser(KnownModels models, Predicate<String> later, int maxTextCharacters, int maxRecordBytes) {
        this.rules = new TextFields(models, maxTextCharacters, maxRecordBytes);
        this.later = later;
    }

    /**
     * Judges one record.
     *
     * @param record of {@code inputs}
     * @return the text or the rejection
     */
    public ParsedInput parse(ConsumerRecord<byte[], byte[]> record) {
        try {
            JsonFields fields = rules.read(record.value(), FIELDS);
            String text = rules.text(fields.get("text"));
            String model = rules.model(fields.get("model"), later);
            String id = TextFields.id(fields.get("id"), record.headers());
            return new ParsedInput.Accepted(new InputText(id == null ? place(record) : id, model, text));
        } catch (Unfit unfit) {
            return new ParsedInput.Rejected(unfit.rejection());
        }
    }

    private static String place(ConsumerRecord<byte[], byte[]> record) {
        return record.topic() + "-" + record.partition() + "-" + record.offset();
    }
}
