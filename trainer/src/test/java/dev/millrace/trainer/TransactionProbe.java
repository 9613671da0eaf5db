package dev.millrace.trainer;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Kafka makes one for each producer: does something once the first record of a transaction is acknowledged. */
public final class TransactionProbe implements ProducerInterceptor<byte[], byte[]> {

    static final String HOOK = "millrace.test.between.two.records";

    private final CountDownLatch acknowledged = new CountDownLatch(1);
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
        if (sent == 2) {
            TrainerBench.await(() -> acknowledged.await(20, TimeUnit.SECONDS));
            Objects.requireNonNull(hook).run();
        }
        return sending;
    }

    @Override
    public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
        acknowledged.countDown();
    }

    @Override
    public void close() {}
}
