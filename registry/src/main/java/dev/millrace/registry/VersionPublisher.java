package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes versions: the record, the aliases that move, what was decided of it and the offsets that were consumed, in one
 * Kafka transaction, together with the events of all of it in the audit topic.
 *
 * <p>Either all of it is there or nothing is. A publisher whose consumer group has moved on is refused by the broker
 * (KIP-447), so two trainers never both extend a model. Artifacts must be durable before.
 *
 * <p>Calls may come from several threads and are done one after the other.
 */
public final class VersionPublisher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(VersionPublisher.class);

    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final Supplier<Producer<byte[], byte[]>> producers;
    private final String topic;
    private @Nullable Producer<byte[], byte[]> producer;
    private State state = State.READY;

    private enum State {
        /** Between transactions. The producer is missing when the last one broke; the next call makes one. */
        READY,
        /** A commit went unanswered. */
        UNSETTLED,
        /** Another producer has taken the transactional id. */
        FENCED,
        CLOSED
    }

    VersionPublisher(Supplier<Producer<byte[], byte[]>> producers, String topic) {
        this.producers = producers;
        this.topic = topic;
        this.producer = newProducer();
    }

    /**
     * Opens a publisher. Fences the one before it with the same transactional id, and waits until that one's last
     * transaction is settled: what is read from the registry after this call is the truth to go on from.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all; {@code transaction.timeout.ms}
     *     is 15 s unless given
     * @param topic the registry's topic
     * @param transactionalId one for each trainer, the same after a restart
     * @return the publisher
     * @throws KafkaException if the brokers do not answer, or refuse
     */
    public static VersionPublisher open(Map<String, Object> clientProperties, String topic, String transactionalId) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.putIfAbsent(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Math.toIntExact(TRANSACTION_TIMEOUT.toMillis()));
        properties.putIfAbsent(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, RegistryTopic.MAX_RECORD_BYTES);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        try {
            return new VersionPublisher(
                    () -> new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()), topic);
        } catch (TransactionalIdAuthorizationException e) {
            // Kafka's own words do not say which.
            TransactionalIdAuthorizationException told = new TransactionalIdAuthorizationException(
                    "this user has no right to WRITE with the transactional id " + transactionalId);
            told.initCause(e);
            throw told;
        }
    }

    /**
     * Publishes a version, with the offsets that were consumed for it and nothing besides.
     *
     * @param version as below
     * @param with as below
     * @param consumed as below
     * @param group as below
     */
    public void publish(
            VersionRecord version,
            List<? extends RegistryEntry> with,
            Map<TopicPartition, OffsetAndMetadata> consumed,
            ConsumerGroupMetadata group) {
        publish(version, with, List.of(), consumed, group);
    }

    /**
     * Publishes a version, with the offsets that were consumed for it.
     *
     * @param version the record; its artifacts are durable already
     * @param with aliases that move with it, and what was decided of it; of the same model
     * @param besides records for other topics that must be there if the version is, and not if it is not
     * @param consumed the next offset of each partition that was read, for the consumer's group
     * @param group of the consumer that read them, as its {@code groupMetadata()} is now
     * @throws RegistryFormatException if a record cannot be written; nothing was sent
     * @throws FencedException if somebody else owns the partition or the transactional id now; nothing was published
     * @throws PublishFailedException if nothing was published, for a reason that may pass; so it is while the group shares
     *     out its partitions and the consumer has not polled yet
     * @throws IndefiniteOutcomeException if it is not known whether it was published; see there what to do
     * @throws IllegalStateException if closed, or not settled after an indefinite outcome
     */
    public synchronized void publish(
            VersionRecord version,
            List<? extends RegistryEntry> with,
            List<ProducerRecord<byte[], byte[]>> besides,
            Map<TopicPartition, OffsetAndMetadata> consumed,
            ConsumerGroupMetadata group) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        put(version, records);
        for (RegistryEntry entry : with) {
            if (!entry.model().equals(version.model())) {
                throw new IllegalArgumentException(
                        RegistryKey.of(entry) + " is of another model than the version " + RegistryKey.of(version));
            }
            put(entry, records);
        }
        records.addAll(besides);
        transact(RegistryKey.of(version).toString(), records, open -> open.sendOffsetsToTransaction(consumed, group));
    }

    /**
     * Changes the registry, as an operator does: all of it or nothing.
     *
     * @param entries what is put under its key, in place of what was there
     * @param removals what is taken away
     * @return the events of the audit topic that tell of it, in their order
     * @throws RegistryFormatException if a record has a name that is not allowed; nothing was sent
     * @throws FencedException if another producer took the transactional id; nothing was published
     * @throws PublishFailedException if nothing was published, for a reason that may pass
     * @throws IndefiniteOutcomeException if it is not known whether they were published; see there what to do
     * @throws IllegalStateException if closed, or not settled after an indefinite outcome
     */
    public synchronized List<AuditEntry> change(List<? extends RegistryEntry> entries, List<Removal> removals) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        List<RegistryEvent> events = new ArrayList<>();
        for (RegistryEntry entry : entries) {
            put(entry, records);
            events.add(RegistryEvent.of(entry));
        }
        for (Removal removal : removals) {
            records.add(new ProducerRecord<>(topic, removal.key().bytes(), null));
            records.add(told(RegistryEvent.of(removal)));
            events.add(RegistryEvent.of(removal));
        }
        List<RecordMetadata> places = transact("changes", records, open -> {});
        List<AuditEntry> told = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            // Each change is a record of the registry's topic and, after it, one of the audit topic.
            told.add(new AuditEntry(places.get(2 * i + 1).offset(), events.get(i)));
        }
        return List.copyOf(told);
    }

    /**
     * Waits until the outcome of the last transaction is fixed; the registry then tells it. Does nothing when it is.
     *
     * @throws KafkaException if the brokers do not answer; to be called again
     * @throws FencedException if another producer took the transactional id
     * @throws IllegalStateException if closed
     */
    public synchronized void settle() {
        if (state == State.UNSETTLED) {
            // A new producer has a new epoch, so a commit that is still on its way comes too late (KAFKA-17754).
            producer = newProducer();
            state = State.READY;
        } else {
            requireReady();
        }
    }

    /** Closes the producer. What was published stays; a second call does nothing. */
    @Override
    public synchronized void close() {
        state = State.CLOSED;
        // Each transaction has ended, or its producer is gone; nothing is on its way that would have to be waited for.
        discardProducer(CLOSING, null);
    }

    private interface Offsets {
        void sendTo(Producer<byte[], byte[]> open);
    }

    private List<RecordMetadata> transact(String what, List<ProducerRecord<byte[], byte[]>> records, Offsets offsets) {
        requireReady();
        Producer<byte[], byte[]> open = readyProducer(what);
        List<RecordMetadata> places = new ArrayList<>();
        try {
            open.beginTransaction();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (ProducerRecord<byte[], byte[]> record : records) {
                sent.add(open.send(record));
            }
            offsets.sendTo(open);
            open.flush();
            for (Future<RecordMetadata> future : sent) {
                places.add(future.get());
            }
        } catch (KafkaException | ExecutionException e) {
            throw notPublished(what, open, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw notPublished(what, open, e);
        }
        // From here on the broker may have committed whatever we hear, unless it says otherwise.
        try {
            open.commitTransaction();
        } catch (TransactionAbortableException e) {
            throw notPublished(what, open, e);
        } catch (KafkaException e) {
            throw Fencing.in(e).isPresent() ? notPublished(what, open, e) : indefinite(what, e);
        }
        return places;
    }

    private RuntimeException notPublished(String what, Producer<byte[], byte[]> open, Exception cause) {
        Fencing fencing = Fencing.in(cause);
        if (fencing == Fencing.BY_PRODUCER) {
            state = State.FENCED;
            discardProducer(Duration.ZERO, cause);
        } else {
            abort(open, cause);
        }
        if (fencing.isLasting()) {
            return new FencedException("'" + what + "' was not published: " + fencing.reason(), cause);
        }
        Object reason = fencing == Fencing.BY_GENERATION ? fencing.reason() : root(cause);
        return new PublishFailedException("'" + what + "' was not published: " + reason, cause);
    }

    /** What broke the transaction; the calls after it only say that it is broken. */
    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        for (Throwable cause = root.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return root;
    }

    private void abort(Producer<byte[], byte[]> open, Exception cause) {
        try {
            open.abortTransaction();
        } catch (KafkaException e) {
            // An abort without an answer may come late and hit the next transaction, unless that has another epoch.
            cause.addSuppressed(e);
            discardProducer(Duration.ZERO, cause);
        }
    }

    private IndefiniteOutcomeException indefinite(String what, KafkaException cause) {
        state = State.UNSETTLED;
        discardProducer(Duration.ZERO, cause);
        if (!(cause instanceof InterruptException)) {
            try {
                settle();
            } catch (KafkaException e) {
                cause.addSuppressed(e);
            }
        }
        return new IndefiniteOutcomeException(
                "whether '" + what + "' was published is not known; settle, then read the registry again: "
                        + root(cause),
                cause);
    }

    private Producer<byte[], byte[]> readyProducer(String what) {
        Producer<byte[], byte[]> ready = producer;
        if (ready == null) {
            try {
                ready = newProducer();
            } catch (KafkaException e) {
                throw new PublishFailedException("'" + what + "' was not published: no producer, " + e, e);
            }
            producer = ready;
        }
        return ready;
    }

    private Producer<byte[], byte[]> newProducer() {
        Producer<byte[], byte[]> made = producers.get();
        try {
            made.initTransactions();
            return made;
        } catch (KafkaException e) {
            made.close(Duration.ZERO);
            throw e;
        }
    }

    private void discardProducer(Duration patience, @Nullable Exception cause) {
        Producer<byte[], byte[]> discarded = producer;
        producer = null;
        if (discarded == null) {
            return;
        }
        try {
            discarded.close(patience);
        } catch (KafkaException e) {
            LOG.warn("A producer of topic {} did not close cleanly", topic, e);
            if (cause != null) {
                cause.addSuppressed(e);
            }
        }
    }

    private void requireReady() {
        switch (state) {
            case READY -> {}
            case UNSETTLED ->
                throw new IllegalStateException("the outcome of the last transaction is not known; call settle(),"
                        + " then read the registry again before publishing");
            case FENCED ->
                throw new FencedException(
                        "nothing was published: another producer has taken the transactional id; close this one", null);
            case CLOSED -> throw new IllegalStateException("the publisher is closed");
        }
    }

    private void put(RegistryEntry entry, List<ProducerRecord<byte[], byte[]>> records) {
        records.add(new ProducerRecord<>(topic, RegistryKey.of(entry).bytes(), RegistryJson.write(entry)));
        records.add(told(RegistryEvent.of(entry)));
    }

    private ProducerRecord<byte[], byte[]> told(RegistryEvent event) {
        return new ProducerRecord<>(
                RegistryTopic.auditOf(topic),
                event.model().getBytes(StandardCharsets.UTF_8),
                RegistryJson.write(event));
    }
}
