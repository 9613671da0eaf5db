package dev.millrace.registry;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
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
 * A transactional producer of a {@link SimulatedLog}, as strict as Kafka's about what may follow what. What no publisher
 * calls is refused, so that a call that is not simulated cannot pass for one that is.
 */
final class SimulatedProducer implements Producer<byte[], byte[]> {

    private enum State {
        NEW,
        READY,
        OPEN,
        /** Something failed within the transaction, which may only be aborted. */
        BROKEN,
        /** A commit or an abort was not answered: the end may still come, so nothing else may be sent. */
        UNANSWERED,
        FENCED,
        CLOSED
    }

    private final SimulatedLog log;
    private final Faults faults;
    private final String id;
    private State state = State.NEW;
    private int epoch;
    private @Nullable KafkaException broken;

    SimulatedProducer(SimulatedLog log, Faults faults, String id) {
        this.log = log;
        this.faults = faults;
        this.id = id;
    }

    @Override
    public void initTransactions() {
        require(State.NEW);
        epoch = faults.perform("init transactions", () -> log.initTransactions(id), TimeoutException::new);
        state = State.READY;
    }

    @Override
    public void beginTransaction() {
        faults.requireAlive();
        require(State.READY);
        state = State.OPEN;
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
        requireHealthy();
        try {
            perform("send", () -> log.send(id, epoch, record));
            return CompletableFuture.completedFuture(
                    new RecordMetadata(new TopicPartition(record.topic(), 0), 0, 0, 0, 0, 0));
        } catch (KafkaException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        throw new UnsupportedOperationException("no publisher sends with a callback");
    }

    @Override
    public void sendOffsetsToTransaction(
            Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata groupMetadata) {
        requireHealthy();
        perform("send offsets", () -> log.sendOffsets(id, epoch, offsets, groupMetadata));
    }

    @Override
    public void flush() {
        perform("flush", () -> {});
    }

    @Override
    public void commitTransaction() {
        requireHealthy();
        try {
            end("commit", () -> log.commit(id, epoch));
        } catch (Faults.Death e) {
            log.commitIsOnItsWay(id, epoch);
            throw e;
        }
    }

    @Override
    public void abortTransaction() {
        faults.requireAlive();
        if (state != State.OPEN && state != State.BROKEN) {
            throw new IllegalStateException("a producer that is " + state + " has nothing to abort");
        }
        end("abort", () -> log.abort(id, epoch));
    }

    private void end(String operation, Runnable effect) {
        state = State.UNANSWERED;
        perform(operation, effect);
        state = State.READY;
    }

    private void perform(String operation, Runnable effect) {
        try {
            faults.perform(
                    operation,
                    () -> {
                        effect.run();
                        return operation;
                    },
                    TimeoutException::new);
        } catch (ProducerFencedException e) {
            broken = e;
            state = State.FENCED;
            throw e;
        } catch (KafkaException e) {
            broken = e;
            if (state == State.OPEN) {
                state = State.BROKEN;
            }
            throw e;
        }
    }

    private void requireHealthy() {
        faults.requireAlive();
        if (state == State.BROKEN || state == State.FENCED) {
            throw new KafkaException("the transaction is in an error state", broken);
        }
        require(State.OPEN);
    }

    private void require(State expected) {
        if (state != expected) {
            throw new IllegalStateException("the producer must be " + expected + ", but is " + state);
        }
    }

    @Override
    public void close() {
        close(Duration.ofDays(1));
    }

    /** Aborts what is open, if it is given the time; without it, that is left to the broker. */
    @Override
    public void close(Duration timeout) {
        if ((state == State.OPEN || state == State.BROKEN) && !timeout.isZero() && faults.death() == null) {
            log.abort(id, epoch);
        }
        state = State.CLOSED;
    }

    @Override
    public void registerMetricForSubscription(KafkaMetric metric) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void unregisterMetricFromSubscription(KafkaMetric metric) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<MetricName, ? extends Metric> metrics() {
        return Map.of();
    }

    @Override
    public Uuid clientInstanceId(Duration timeout) {
        throw new UnsupportedOperationException();
    }
}
