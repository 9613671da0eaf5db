package dev.millrace.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** One partition of a {@link SimulatedLog}, and what a reader of committed records sees of it. */
final class SimulatedPartition {

    /** What commits or aborts as one. */
    static final class Transaction {

        enum Outcome {
            OPEN,
            COMMITTED,
            ABORTED
        }

        Outcome outcome = Outcome.OPEN;
        boolean commitOnItsWay;
        final Map<TopicPartition, OffsetAndMetadata> offsets = new LinkedHashMap<>();
    }

    /** A record; or, without one, the marker that ends a transaction. */
    record Entry(long offset, @Nullable ProducerRecord<byte[], byte[]> record, Transaction transaction) {}

    /** A record that a reader may see. */
    record Visible(long offset, ProducerRecord<byte[], byte[]> record) {}

    private final List<Entry> entries = new ArrayList<>();

    void append(Transaction transaction, ProducerRecord<byte[], byte[]> record) {
        entries.add(new Entry(entries.size(), record, transaction));
    }

    /** Markers take offsets, so readers must not count records. */
    void mark(Transaction transaction) {
        entries.add(new Entry(entries.size(), null, transaction));
    }

    /** What is committed from an offset on, up to the first transaction that is open. */
    List<Visible> visible(long from) {
        List<Visible> visible = new ArrayList<>();
        long end = stableEnd();
        for (Entry entry : entries) {
            boolean committed = entry.transaction.outcome == Transaction.Outcome.COMMITTED;
            if (entry.record != null && committed && entry.offset >= from && entry.offset < end) {
                visible.add(new Visible(entry.offset, entry.record));
            }
        }
        return visible;
    }

    /** The first offset that a reader of committed records cannot get past. */
    long stableEnd() {
        return entries.stream()
                .filter(entry -> entry.transaction.outcome == Transaction.Outcome.OPEN)
                .mapToLong(Entry::offset)
                .findFirst()
                .orElse(entries.size());
    }
}
