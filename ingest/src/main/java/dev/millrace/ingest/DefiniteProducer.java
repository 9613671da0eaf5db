package dev.millrace.ingest;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.jspecify.annotations.Nullable;

/**
 * A producer that is finished as soon as nobody knows how its transaction ended.
 *
 * <p>After a time-out Kafka Streams closes the tasks whose offsets it was sending, and then commits the same transaction
 * without those offsets: their records would be processed again. This producer says that it was fenced instead, which
 * makes Streams give up all tasks of the thread and take a new producer, whose {@code initTransactions} ends the old
 * transaction before anything is read or sent again. It is closed without waiting, so nothing of it is sent late.
 */
final class DefiniteProducer implements Producer<byte[], byte[]> {

    private final Producer<byte[], byte[]> producer;
    private volatile @Nullable TimeoutException unknown;

    DefiniteProducer(Producer<byte[], byte[]> producer) {
        this.producer = producer;
    }

    @Override
    public void sendOffsetsToTransaction(
            Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata groupMetadata) {
        definitely(() -> producer.sendOffsetsToTransaction(offsets, groupMetadata));
    }

    @Override
    public void commitTransaction() {
        definitely(producer::commitTransaction);
    }

    @Override
    public void abortTransaction() {
        definitely(producer::abortTransaction);
    }

    @Override
    public void beginTransaction() {
        definitely(producer::beginTransaction);
    }

    private void definitely(Runnable step) {
        TimeoutException before = unknown;
        if (before != null) {
            throw finished(before);
        }
        try {
            step.run();
        } catch (TimeoutException e) {
            unknown = e;
            throw finished(e);
        }
    }

    private static ProducerFencedException finished(TimeoutException cause) {
        ProducerFencedException finished = new ProducerFencedException(
                "nobody knows how the transaction ended, so this producer is given up: " + cause.getMessage());
        finished.initCause(cause);
        return finished;
    }

    @Override
    public void close() {
        close(Duration.ofMillis(Long.MAX_VALUE));
    }

    @Override
    public void close(Duration timeout) {
        producer.close(unknown == null ? timeout : Duration.ZERO);
    }

    /** May time out and be called again: nothing is in the balance before the first transaction. */
    @Override
    public void initTransactions() {
        producer.initTransactions();
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
        return producer.send(record);
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        return producer.send(record, callback);
    }

    @Override
    public void flush() {
        producer.flush();
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic) {
        return producer.partitionsFor(topic);
    }

    @Override
    public Map<MetricName, ? extends Metric> metrics() {
        return producer.metrics();
    }

    @Override
    public Uuid clientInstanceId(Duration timeout) {
        return producer.clientInstanceId(timeout);
    }

    @Override
    public void registerMetricForSubscription(KafkaMetric metric) {
        producer.registerMetricForSubscription(metric);
    }

    @Override
    public void unregisterMetricFromSubscription(KafkaMetric metric) {
        producer.unregisterMetricFromSubscription(metric);
    }
}
