package dev.millrace.app.console;

import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.ExampleProducer.Place;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.InputParser;
import dev.millrace.ingest.Pace;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.ParsedInput;
import dev.millrace.ingest.Rejection;
import dev.millrace.ingest.TextProbe;
import dev.millrace.registry.Problem;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Sends what people have written, after asking the same rules as whoever reads it. Thread-safe. */
final class Sending {

    /** Where something is sent. */
    enum Target {
        EXAMPLES,
        INPUTS
    }

    // Somebody waits for the answer.
    private static final int PATIENCE_MS = 8_000;

    private final IngestSettings settings;
    private final String inputs;
    private final ExampleParser examples;
    private final InputParser texts;
    private final Map<String, String> client;

    Sending(IngestSettings settings, String inputs, TextProbe probe) {
        this.settings = settings;
        this.inputs = inputs;
        this.examples = new ExampleParser(settings, probe);
        this.texts = new InputParser(settings.knownModels(), settings.maxTextCharacters(), settings.maxRecordBytes());
        Map<String, String> impatient = new HashMap<>(settings.clientProperties());
        impatient.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(PATIENCE_MS));
        impatient.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(PATIENCE_MS / 2));
        impatient.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.toString(PATIENCE_MS));
        this.client = Map.copyOf(impatient);
    }

    String topic(Target target) {
        return target == Target.INPUTS ? inputs : settings.topics().examples();
    }

    /** Where a record that came from a topic is sent again; the ledger's records are examples. */
    Target targetOf(String topic) {
        return topic.equals(inputs) ? Target.INPUTS : Target.EXAMPLES;
    }

    /**
     * What whoever reads it would refuse.
     *
     * @return the first rule that it breaks; empty when it breaks none
     */
    Optional<Rejection> objection(Target target, byte[] value, Iterable<Header> headers, long timestamp) {
        RecordHeaders all = new RecordHeaders(headers);
        if (target == Target.INPUTS) {
            ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(
                    inputs,
                    0,
                    0,
                    timestamp,
                    TimestampType.CREATE_TIME,
                    ConsumerRecord.NULL_SIZE,
                    value.length,
                    null,
                    value,
                    all,
                    Optional.empty());
            return texts.parse(record) instanceof ParsedInput.Rejected refused
                    ? Optional.of(refused.rejection())
                    : Optional.empty();
        }
        try {
            return examples.parse(value, all, timestamp) instanceof Parsed.Rejected refused
                    ? Optional.of(refused.rejection())
                    : Optional.empty();
        } catch (RetriableException e) {
            throw new Problem(503, String.valueOf(e.getMessage()));
        }
    }

    /**
     * Sends, and waits until Kafka has it.
     *
     * @return where it lies
     * @throws Problem 422 when whoever reads it would refuse it, 503 when Kafka does not take it
     */
    Place send(Target target, byte @Nullable [] key, byte[] value, Iterable<Header> headers, long timestamp) {
        objection(target, value, headers, timestamp).ifPresent(rejection -> {
            throw new Problem(422, "nothing was sent, for it would be refused: " + rejection.detail());
        });
        try (ExampleProducer producer =
                new ExampleProducer(settings.bootstrapServers(), topic(target), client, Pace.unlimited())) {
            return producer.place(key, value, headers, timestamp);
        } catch (KafkaException e) {
            throw new Problem(503, "Kafka did not say that it has it, so it may not be there: " + e.getMessage());
        }
    }
}
