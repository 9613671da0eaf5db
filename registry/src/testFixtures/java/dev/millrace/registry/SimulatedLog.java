package dev.millrace.registry;

import dev.millrace.registry.SimulatedPartition.Transaction;
import dev.millrace.registry.SimulatedPartition.Transaction.Outcome;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Kafka as far as a trainer knows it, in memory: a ledger and a registry of one partition each, transactions over both
 * and over the offsets of one consumer group. Markers and aborted records take offsets, an open transaction hides what
 * comes after it, an old epoch is fenced, and so is a member of an old generation. For one thread.
 *
 * <p>A process that dies within a transaction leaves it open. Whoever asks for what is settled waits until the broker has
 * ended it; if the process died while it committed, the request was on its way, and arrives or does not.
 */
public final class SimulatedLog {

    private final Faults faults;
    private final TopicPartition ledgerPartition;
    private final String registryTopic;
    private final String group;
    private final SimulatedPartition ledger = new SimulatedPartition();
    private final SimulatedPartition registry = new SimulatedPartition();
    private final SimulatedPartition audit = new SimulatedPartition();
    private final Map<TopicPartition, OffsetAndMetadata> consumed = new HashMap<>();
    private final Map<String, Integer> epochs = new HashMap<>();
    private final Map<String, Transaction> open = new LinkedHashMap<>();
    private @Nullable SimulatedConsumer owner;
    private int generation;
    private @Nullable ModelRegistry view;
    private Runnable afterCommit = () -> {};

    public SimulatedLog(Faults faults, String ledgerTopic, String registryTopic, String group) {
        this.faults = faults;
        this.ledgerPartition = new TopicPartition(ledgerTopic, 0);
        this.registryTopic = registryTopic;
        this.group = group;
    }

    /** Is called whenever a transaction of a publisher has become visible. */
    public void afterCommit(Runnable watcher) {
        afterCommit = watcher;
    }

    /** Appends one committed or aborted transaction to the ledger, as ingest does. */
    public void appendToLedger(List<ProducerRecord<byte[], byte[]>> records, boolean committed) {
        Transaction transaction = new Transaction();
        records.forEach(record -> ledger.append(transaction, record));
        transaction.outcome = committed ? Outcome.COMMITTED : Outcome.ABORTED;
        ledger.mark(transaction);
    }

    /** A consumer of the group, of a process that has just started. */
    public SimulatedConsumer consumer() {
        return new SimulatedConsumer(this, faults);
    }

    /** A publisher of a process that has just started. */
    public VersionPublisher publisher(String transactionalId) {
        return new VersionPublisher(() -> new SimulatedProducer(this, faults, transactionalId), registryTopic);
    }

    /** The registry as a process reads it that waits until everything is settled. */
    public ModelRegistry settledRegistry() {
        return faults.perform(
                "read the registry",
                () -> {
                    settle();
                    return registry();
                },
                TimeoutException::new);
    }

    /** The registry as anybody can see it now; not an operation of the process. */
    public ModelRegistry registry() {
        ModelRegistry current = view;
        if (current == null) {
            RegistryFold fold = new RegistryFold();
            registry.visible(0)
                    .forEach(visible -> fold.apply(
                            visible.offset(),
                            visible.record().key(),
                            visible.record().value()));
            current = fold.view();
            view = current;
        }
        return current;
    }

    /** How often each version was ever committed, compacted or not. */
    public Map<String, Integer> commitsOfVersions() {
        Map<String, Integer> commits = new LinkedHashMap<>();
        for (SimulatedPartition.Visible visible : registry.visible(0)) {
            RegistryKey key = RegistryKey.parse(visible.record().key());
            if (key instanceof RegistryKey.VersionKey version) {
                commits.merge(version.toString(), 1, Integer::sum);
            }
        }
        return commits;
    }

    /** All that ever happened, as the audit topic tells it. */
    public List<RegistryEvent> events() {
        return audit.visible(0).stream()
                .map(visible -> RegistryJson.readEvent(visible.record().value()))
                .toList();
    }

    /** How many examples lie in the ledger below an offset. */
    public long examplesBelow(long offset) {
        return ledger.visible(0).stream()
                .filter(visible -> visible.offset() < offset)
                .count();
    }

    /** The group's offset in the ledger; 0 when it has none. */
    public long consumed() {
        OffsetAndMetadata offset = consumed.get(ledgerPartition);
        return offset == null ? 0 : offset.offset();
    }

    /** The process is started again; the group has noticed that the one before is gone. */
    public void recover() {
        faults.revive();
        owner = null;
    }

    /** The session of the group's member has timed out, so the next that asks is given the ledger. */
    public void expelMember() {
        owner = null;
    }

    TopicPartition ledgerPartition() {
        return ledgerPartition;
    }

    SimulatedPartition ledger() {
        return ledger;
    }

    Map<TopicPartition, OffsetAndMetadata> settledOffsets() {
        settle();
        return consumed;
    }

    /** What the broker does with transactions whose producer is gone, once somebody waits for it. */
    private void settle() {
        for (String id : List.copyOf(open.keySet())) {
            end(id);
        }
    }

    private void end(String id) {
        Transaction transaction = open.get(id);
        if (transaction != null) {
            boolean arrives = transaction.commitOnItsWay && faults.dice().nextBoolean();
            finish(id, transaction, arrives ? Outcome.COMMITTED : Outcome.ABORTED);
        }
    }

    /** A new epoch of a transactional id, with whatever the one before left ended. */
    int initTransactions(String id) {
        end(id);
        return epochs.merge(id, 1, Integer::sum);
    }

    void send(String id, int epoch, ProducerRecord<byte[], byte[]> record) {
        if (record.topic().equals(RegistryTopic.auditOf(registryTopic))) {
            audit.append(transaction(id, epoch), record);
            return;
        }
        if (!record.topic().equals(registryTopic)) {
            throw new IllegalArgumentException("nobody but ingest may write to " + record.topic());
        }
        registry.append(transaction(id, epoch), record);
        view = null;
    }

    void sendOffsets(
            String id, int epoch, Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata member) {
        Transaction transaction = transaction(id, epoch);
        SimulatedConsumer current = owner;
        if (current == null || !current.groupMetadata().equals(member)) {
            throw new CommitFailedException("the group has gone on without " + member);
        }
        transaction.offsets.putAll(offsets);
    }

    void commitIsOnItsWay(String id, int epoch) {
        transaction(id, epoch).commitOnItsWay = true;
    }

    void commit(String id, int epoch) {
        finish(id, transaction(id, epoch), Outcome.COMMITTED);
    }

    void abort(String id, int epoch) {
        finish(id, transaction(id, epoch), Outcome.ABORTED);
    }

    private Transaction transaction(String id, int epoch) {
        if (epochs.getOrDefault(id, 0) != epoch) {
            throw new ProducerFencedException("epoch " + epoch + " of " + id + " is an old one");
        }
        return open.computeIfAbsent(id, first -> new Transaction());
    }

    private void finish(String id, Transaction transaction, Outcome outcome) {
        open.remove(id);
        transaction.outcome = outcome;
        registry.mark(transaction);
        audit.mark(transaction);
        view = null;
        if (outcome == Outcome.COMMITTED) {
            consumed.putAll(transaction.offsets);
            afterCommit.run();
        }
    }

    /** Lets a consumer into the group; the ledger has one partition, so one member has it and the others wait. */
    boolean join(SimulatedConsumer consumer) {
        if (owner == null) {
            generation++;
            owner = consumer;
        }
        return owner == consumer;
    }

    void leave(SimulatedConsumer consumer) {
        if (owner == consumer) {
            owner = null;
        }
    }

    boolean owns(SimulatedConsumer consumer) {
        return owner == consumer;
    }

    int generation() {
        return generation;
    }

    String group() {
        return group;
    }
}
