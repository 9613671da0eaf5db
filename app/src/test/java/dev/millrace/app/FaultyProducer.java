package dev.millrace.app;

import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's producer, with something that may go wrong around each step of a transaction. */
final class FaultyProducer extends KafkaProducer<byte[], byte[]> {

    enum Step {
        BEFORE_OFFSETS,
        BEFORE_COMMIT,
        AFTER_COMMIT
    }

    private final Consumer<Step> fault;

    FaultyProducer(Map<String, Object> properties, Consumer<Step> fault) {
        super(properties, new ByteArraySerializer(), new ByteArraySerializer());
        this.fault = fault;
    }

    @Override
    public void sendOffsetsToTransaction(
            Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata groupMetadata) {
        fault.accept(Step.BEFORE_OFFSETS);
        super.sendOffsetsToTransaction(offsets, groupMetadata);
    }

    @Override
    public void commitTransaction() {
        flush();
        fault.accept(Step.BEFORE_COMMIT);
        super.commitTransaction();
        fault.accept(Step.AFTER_COMMIT);
    }
}
