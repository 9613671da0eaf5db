package dev.millrace.app;

import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.TextProbe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Sends the examples of a topic to another model: ids, times and all else stay as they were, so that one which comes by
 * another way as well, or is sent again, is a duplicate like any other. For one thread.
 */
final class Backfill {

    /**
     * What to send.
     *
     * @param topic the ledger, or one with examples as {@code topics.examples} has them
     * @param from the earliest timestamp of a record, or null for all
     * @param until the timestamp before which all are, or null for no end
     * @param onlyModel whose examples, or null for all but those of {@code model}
     * @param model who gets them
     */
    record Wanted(
            String topic,
            @Nullable Instant from,
            @Nullable Instant until,
            @Nullable String onlyModel,
            String model) {

        boolean isInTime(Instant timestamp) {
            return (from == null || !timestamp.isBefore(from)) && (until == null || timestamp.isBefore(until));
        }

        boolean isOf(String other) {
            return onlyModel == null ? !other.equals(model) : other.equals(onlyModel);
        }
    }

    private final Wanted wanted;
    private final boolean isLedger;
    private final ExampleParser parser;
    private final byte[] key;
    private final Map<String, Long> leftOut = new TreeMap<>();
    private final Map<String, Long> unfit = new TreeMap<>();

    Backfill(Wanted wanted, Settings settings, Path directory) {
        this.wanted = wanted;
        this.isLedger = wanted.topic().equals(settings.topics().trainingExamples());
        this.parser = new ExampleParser(
                NeededTopics.ingestSettings(settings, directory)
                        .with(settings.ingest().format()),
                TextProbe.ANY);
        this.key = wanted.model().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Sends what is wanted of all that was committed to the topic when it was opened, and waits until Kafka has it.
     *
     * @param topic that is read
     * @param producer to the topic of examples
     * @param read told now and then how many offsets are behind
     * @return how many examples were sent
     */
    long send(TopicSpan topic, ExampleProducer producer, LongConsumer read) {
        while (!topic.isAtEnd()) {
            for (ConsumerRecord<byte[], byte[]> record : topic.poll()) {
                // Under one key they stay in the order of the topic's partition, which is that of a model's ledger.
                example(record)
                        .ifPresent(example -> producer.send(key, ExampleJson.write(example.forModel(wanted.model()))));
            }
            read.accept(topic.done());
        }
        producer.flush();
        return producer.acknowledged();
    }

    /** What was not wanted, by what it was. */
    Map<String, Long> leftOut() {
        return Map.copyOf(leftOut);
    }

    /** What was wanted and could not be read, by reason. */
    Map<String, Long> unfit() {
        return new TreeMap<>(unfit);
    }

    private Optional<LabelledExample> example(ConsumerRecord<byte[], byte[]> record) {
        if (!wanted.isInTime(Instant.ofEpochMilli(record.timestamp()))) {
            return leave("outside of the time");
        }
        Optional<LabelledExample> example = isLedger ? ofLedger(record) : ofExamples(record);
        return example.isPresent() && !wanted.isOf(example.get().model()) ? leave(ofOthers()) : example;
    }

    private Optional<LabelledExample> ofLedger(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() != null && !wanted.isOf(new String(record.key(), StandardCharsets.UTF_8))) {
            return leave(ofOthers());
        }
        try {
            LedgerRecord content = LedgerJson.read(record.value() == null ? new byte[0] : record.value());
            return content instanceof LabelledExample example ? Optional.of(example) : leave("control records");
        } catch (IllegalArgumentException e) {
            unfit.merge("unreadable", 1L, Long::sum);
            return Optional.empty();
        }
    }

    private Optional<LabelledExample> ofExamples(ConsumerRecord<byte[], byte[]> record) {
        Parsed parsed = parser.parse(record.value(), record.headers(), record.timestamp());
        if (parsed instanceof Parsed.Accepted accepted) {
            return Optional.of(accepted.example());
        }
        unfit.merge(((Parsed.Rejected) parsed).rejection().reason(), 1L, Long::sum);
        return Optional.empty();
    }

    private String ofOthers() {
        return wanted.onlyModel() == null ? "of " + wanted.model() + " itself" : "of other models";
    }

    private Optional<LabelledExample> leave(String what) {
        leftOut.merge(what, 1L, Long::sum);
        return Optional.empty();
    }
}
