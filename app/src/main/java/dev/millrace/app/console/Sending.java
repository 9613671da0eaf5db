package dev.millrace.app.console;

import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.ExampleProducer.Place;
import dev.millrace.ingest.HalfRules;
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
import java.util.Objects;
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
        INPUTS,
        LABELS
    }

    // Somebody waits for the answer.
    private static final int PATIENCE_MS = 8_000;

    private final IngestSettings settings;
    private final String inputs;
    private final IngestSettings.@Nullable Joining joining;
    private final ExampleParser examples;
    private final InputParser texts;
    private final HalfRules halves;
    private final Map<String, String> client;

    Sending(IngestSettings settings, String inputs, TextProbe probe) {
        this.settings = settings;
        this.inputs = inputs;
        this.joining = settings.joining();
        this.examples = new ExampleParser(settings, probe);
        this.texts = new InputParser(
                settings.knownModels(), probe::knows, settings.maxTextCharacters(), settings.maxRecordBytes());
        this.halves = new HalfRules(settings, probe);
        Map<String, String> impatient = new HashMap<>(settings.clientProperties());
        impatient.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(PATIENCE_MS));
        impatient.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(PATIENCE_MS / 2));
        impatient.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.toString(PATIENCE_MS));
        this.client = Map.copyOf(impatient);
    }

    String topic(Target target) {
        return switch (target) {
            case EXAMPLES -> settings.topics().examples();
            case INPUTS -> inputs;
            case LABELS -> Objects.requireNonNull(joining).labels();
        };
    }

    /** Where a record that came from a topic is sent again; the ledger's records are examples. */
    Target targetOf(String topic) {
        if (topic.equals(inputs)) {
            return Target.INPUTS;
        }
        return joining != null && topic.equals(joining.labels()) ? Target.LABELS : Target.EXAMPLES;
    }

    /**
     * What whoever reads it would refuse.
     *
     * @return the first rule that it breaks; empty when it breaks none
     */
    Optional<Rejection> objection(Target target, byte[] value, Iterable<Header> headers, long timestamp) {
        RecordHeaders all = new RecordHeaders(headers);
        try {
            return switch (target) {
                case EXAMPLES -> ofExample(value, all, timestamp);
                case INPUTS -> ofInput(value, all, timestamp);
                case LABELS -> halves.label(value, all, timestamp);
            };
        } catch (RetriableException e) {
            throw new Problem(503, String.valueOf(e.getMessage()));
        }
    }

    private Optional<Rejection> ofExample(byte[] value, RecordHeaders headers, long timestamp) {
        return examples.parse(value, headers, timestamp) instanceof Parsed.Rejected refused
                ? Optional.of(refused.rejection())
                : Optional.empty();
    }

    /** An input has two readers where it waits for a label as well. */
    private Optional<Rejection> ofInput(byte[] value, RecordHeaders headers, long timestamp) {
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
                headers,
                Optional.empty());
        if (texts.parse(record) instanceof ParsedInput.Rejected refused) {
            return Optional.of(refused.rejection());
        }
        return joining == null ? Optional.empty() : halves.input(value, headers, timestamp);
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
