package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Examples as they come to be seen in a ledger of one partition. For one thread. */
final class LedgerArrivals implements AutoCloseable {

    private final Consumer<byte[], byte[]> consumer;

    LedgerArrivals(Settings settings) {
        Map<String, Object> properties = new HashMap<>(settings.kafka().clientProperties());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        TopicPartition ledger = new TopicPartition(settings.topics().trainingExamples(), 0);
        consumer.assign(List.of(ledger));
        consumer.seekToBeginning(List.of(ledger));
    }

    /** Is told of an example. */
    interface Arrival {

        /**
         * It has come.
         *
         * @param offset in the ledger
         * @param id its own
         */
        void seen(long offset, String id);
    }

    /** Tells what has come, and waits for it at most so long. */
    void poll(Duration longest, Arrival arrival) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(longest)) {
            if (LedgerJson.read(record.value()) instanceof LabelledExample example) {
                arrival.seen(record.offset(), example.id());
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
