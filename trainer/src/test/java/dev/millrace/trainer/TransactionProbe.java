package dev.millrace.trainer;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Kafka makes one for each producer: does something between the two records of a transaction, when
 * the first is acknowledged.
 */
public final class TransactionProbe implements ProducerInterceptor<byte[], byte[]> {

    static final String HOOK = "millrace.test.between.two.records";

    private final Semaphore acknowledged = new Semaphore(0);
    private @Nullable Runnable hook;
    private int sent;

    /** Made by Kafka. */
    public TransactionProbe() {}

    @Override
    public void configure(Map<String, ?> configs) {
        hook = (Runnable) configs.get(HOOK);
    }

    @Override
    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> sending) {
        sent++;
        if (sent % 2 == 1) {
            acknowledged.drainPermits();
        } else {
            TrainerBench.await(() -> acknowledged.tryAcquire(20, TimeUnit.SECONDS));
            Objects.requireNonNull(hook).run();
        }
        return sending;
    }

    @Override
    public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
        acknowledged.release();
    }

    @Override
    public void close() {}
}
