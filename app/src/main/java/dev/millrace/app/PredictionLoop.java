package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.model.ScoringObserver;
import dev.millrace.registry.LogContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads inputs, answers them, and commits predictions and consumed offsets in one transaction, one turn at a time.
 *
 * <p>Whatever goes wrong with a transaction, whether or not its outcome is known, is dealt with in one way: the producer
 * is given up without another word, the group is left, a new producer ends what was open, and only then offsets are read
 * again. Not thread-safe: {@link PredictionService} owns the thread.
 */
final class PredictionLoop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PredictionLoop.class);
    private static final Duration WAIT_FOR_INPUTS = Duration.ofMillis(100);
    private static final Duration CLOSING = Duration.ofSeconds(1);

    /** What a turn did. */
    enum Turn {
        ANSWERED,
        NOTHING,
        /** Something does not work, and should be left alone for a moment. */
        TRY_LATER
    }

    private final PredictionSettings settings;
    private final Consumer<byte[], byte[]> consumer;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final InputAnswering answering;
    private final ScoringObserver scoringObserver;
    private final IngestObserver ingestObserver;
    private final Map<TopicPartition, String> waiting = new HashMap<>();
    private @Nullable Producer<byte[], byte[]> producer;
    private volatile @Nullable String problem;

    /**
     * A loop that has not joined its group yet; its first turn does.
     *
     * @param settings the topic, above all
     * @param consumer of the group; stays the caller's to close
     * @param producers give a new producer of the same transactional id each time
     */
    PredictionLoop(
            PredictionSettings settings,
            Consumer<byte[], byte[]> consumer,
            Supplier<Producer<byte[], byte[]>> producers,
            InputAnswering answering,
            ScoringObserver scoringObserver,
            IngestObserver ingestObserver) {
        this.settings = settings;
        this.consumer = consumer;
        this.producers = producers;
        this.answering = answering;
        this.scoringObserver = scoringObserver;
        this.ingestObserver = ingestObserver;
    }

    /** Takes one turn. */
    Turn runOnce() {
        try {
            Producer<byte[], byte[]> ready = producer == null ? join() : producer;
            resumeAnswerable();
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(WAIT_FOR_INPUTS);
            return polled.isEmpty() ? nothing() : answer(ready, polled);
        } catch (InterruptException e) {
            throw e;
        } catch (RetriableException e) {
            return leave(e);
        }
    }

    /** {@return what keeps inputs waiting, or empty when nothing does; may be asked by any thread} */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    private Turn nothing() {
        if (waiting.isEmpty()) {
            problem = null;
        }
        return Turn.NOTHING;
    }

    private Turn answer(Producer<byte[], byte[]> open, ConsumerRecords<byte[], byte[]> polled) {
        AnsweredInputs answered;
        try {
            answered = answering.answer(polled);
        } catch (ModelFailingException e) {
            polled.partitions()
                    .forEach(partition -> consumer.seek(
                            partition, polled.records(partition).get(0).offset()));
            LOG.warn("Inputs wait: {}", e.getMessage(), e);
            problem = e.getMessage();
            return Turn.TRY_LATER;
        }
        if (!answered.outputs().isEmpty()) {
            try {
                commit(open, answered);
            } catch (InterruptException e) {
                throw e;
            } catch (KafkaException e) {
                if (LastingFailure.isIn(e, settings.instanceId())) {
                    throw e;
                }
                return leave(e);
            }
        }
        if (waiting.isEmpty()) {
            problem = null;
        }
        answered.predicted().forEach(scoringObserver::predicted);
        answered.rejected().forEach(ingestObserver::rejected);
        answered.waits().forEach(this::pause);
        return answered.outputs().isEmpty() ? Turn.NOTHING : Turn.ANSWERED;
    }

    private void commit(Producer<byte[], byte[]> open, AnsweredInputs answered) {
        open.beginTransaction();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> output : answered.outputs()) {
            sent.add(open.send(output));
        }
        open.sendOffsetsToTransaction(answered.next(), consumer.groupMetadata());
        open.flush();
        for (Future<RecordMetadata> future : sent) {
            await(future);
        }
        open.commitTransaction();
    }

    private static void await(Future<RecordMetadata> sent) {
        try {
            sent.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void pause(TopicPartition partition, AnsweredInputs.Wait wait) {
        consumer.seek(partition, wait.offset());
        consumer.pause(List.of(partition));
        waiting.put(partition, wait.model());
        problem = "no version of " + wait.model() + " is served yet; its inputs wait";
        LogContext.model(wait.model())
                .offset(wait.offset())
                .run(() ->
                        LOG.info("{} waits at offset {} for a version of {}", partition, wait.offset(), wait.model()));
    }

    private void resumeAnswerable() {
        Set<TopicPartition> answerable = new HashSet<>();
        waiting.forEach((partition, model) -> {
            if (!answering.waits(model)) {
                answerable.add(partition);
            }
        });
        consumer.resume(answerable);
        waiting.keySet().removeAll(answerable);
    }

    private Producer<byte[], byte[]> join() {
        Producer<byte[], byte[]> made = producers.get();
        try {
            made.initTransactions();
        } catch (KafkaException e) {
            made.close(Duration.ZERO);
            throw e;
        }
        producer = made;
        consumer.subscribe(List.of(settings.inputs()), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                waiting.keySet().removeAll(partitions);
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                waiting.keySet().removeAll(partitions);
                LOG.info("Answers the inputs of {}", partitions);
            }
        });
        return made;
    }

    private Turn leave(KafkaException cause) {
        problem = "Kafka: " + cause.getMessage();
        LOG.warn("Leaves the group and joins it again; what was not committed is answered anew: {}", cause.toString());
        Producer<byte[], byte[]> given = producer;
        producer = null;
        waiting.clear();
        if (given != null) {
            given.close(Duration.ZERO);
        }
        consumer.unsubscribe();
        return Turn.TRY_LATER;
    }

    /** Closes the producer; what is open is aborted. */
    @Override
    public void close() {
        Producer<byte[], byte[]> last = producer;
        producer = null;
        if (last != null) {
            last.close(CLOSING);
        }
    }
}
