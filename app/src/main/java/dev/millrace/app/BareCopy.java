package dev.millrace.app;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.StreamsClients;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What moving records from one topic to another costs at the least, with the clients and the promises of ingest: each
 * record once, in transactions that hold the consumed offsets and are committed as often. One thread, one pass.
 */
final class BareCopy {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final StreamsClients clients;
    private final IngestSettings settings;
    private final LongSupplier nanoTicker;

    /** With the clients that ingest has by these settings. */
    BareCopy(IngestSettings settings, LongSupplier nanoTicker) {
        this.clients = StreamsClients.of(settings);
        this.settings = settings;
        this.nanoTicker = nanoTicker;
    }

    /**
     * Copies as many records as there are.
     *
     * @param to a topic
     * @param records that lie in {@code examples}
     * @return from the first record that was read to the end of the last transaction
     */
    ProcessorMoment.Span copy(String to, long records) {
        Map<String, Object> producing = new HashMap<>(clients.producer());
        producing.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, settings.applicationId());
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(clients.consumer());
                Producer<byte[], byte[]> producer = new KafkaProducer<>(producing)) {
            producer.initTransactions();
            consumer.subscribe(List.of(settings.topics().examples()));
            return copy(consumer, producer, to, records);
        }
    }

    private ProcessorMoment.Span copy(
            Consumer<byte[], byte[]> consumer, Producer<byte[], byte[]> producer, String to, long records) {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        Map<TopicPartition, OffsetAndMetadata> consumed = new HashMap<>();
        long deadline = nanoTicker.getAsLong() + PATIENCE.toNanos();
        long commitNanos = IngestSettings.COMMIT_INTERVAL.toNanos();
        ProcessorMoment begun = ProcessorMoment.now(nanoTicker);
        long lastCommit = begun.nanos();
        for (long copied = 0; copied < records || !consumed.isEmpty(); ) {
            ConsumerRecords<byte[], byte[]> read = consumer.poll(POLL);
            long now = nanoTicker.getAsLong();
            if (now > deadline || failure.get() != null) {
                throw new IllegalStateException(copied + " records of " + records + " were copied", failure.get());
            }
            if (copied == 0 && !read.isEmpty()) {
                begun = ProcessorMoment.now(nanoTicker);
                lastCommit = now;
            }
            if (consumed.isEmpty() && !read.isEmpty()) {
                producer.beginTransaction();
            }
            for (ConsumerRecord<byte[], byte[]> record : read) {
                var unused = producer.send(
                        new ProducerRecord<>(to, null, record.timestamp(), record.key(), record.value()),
                        (sent, refused) -> {
                            if (refused != null) {
                                failure.compareAndSet(null, refused);
                            }
                        });
            }
            copied += read.count();
            consumed.putAll(read.nextOffsets());
            if (!consumed.isEmpty() && (copied >= records || now - lastCommit >= commitNanos)) {
                producer.sendOffsetsToTransaction(consumed, consumer.groupMetadata());
                producer.commitTransaction();
                consumed.clear();
                lastCommit = nanoTicker.getAsLong();
            }
        }
        return ProcessorMoment.now(nanoTicker).since(begun);
    }
}
