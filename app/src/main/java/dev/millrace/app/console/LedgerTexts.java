package dev.millrace.app.console;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Examples of the ledger by their offsets, such as those that were answered wrong. It has one consumer, which joins no
 * group, and remembers the latest {@value #MOST_REMEMBERED} examples. Thread-safe; callers take turns.
 */
final class LedgerTexts implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerTexts.class);

    private static final int MOST_REMEMBERED = 2_000;
    private static final int FETCHED_BYTES = 64 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration LONGEST_POLL = Duration.ofMillis(200);

    private record Place(String model, int partition, long offset) {}

    private final String topic;
    private final LongSupplier nanoTicker;
    private final Consumer<byte[], byte[]> consumer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Place, LabelledExample> remembered = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, LabelledExample> eldest) {
            return size() > MOST_REMEMBERED;
        }
    };
    private volatile boolean closed;

    /**
     * Speaks to Kafka when it is first asked.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the ledger
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     */
    LedgerTexts(Map<String, Object> clientProperties, String topic, LongSupplier nanoTicker) {
        this.topic = topic;
        this.nanoTicker = nanoTicker;
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        // Few are wanted of many, from here and there.
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCHED_BYTES);
        this.consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Looks examples up. Takes two seconds at most: what was not found by then is left out, and found sooner the next time.
     *
     * @param model whose examples they are
     * @param partition of the ledger that they are in
     * @param offsets of the examples
     * @return the examples by their offsets, ascending; those are left out that are gone, are of another model, or are no
     *     examples
     */
    SortedMap<Long, LabelledExample> read(String model, int partition, Collection<Long> offsets) {
        SortedMap<Long, LabelledExample> found = new TreeMap<>();
        long deadline = nanoTicker.getAsLong() + PATIENCE.toNanos();
        try {
            if (!lock.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
                return found;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return found;
        }
        try {
            TreeSet<Long> wanted = new TreeSet<>();
            for (long offset : offsets) {
                LabelledExample known = remembered.get(new Place(model, partition, offset));
                if (known == null) {
                    wanted.add(offset);
                } else {
                    found.put(offset, known);
                }
            }
            if (!wanted.isEmpty() && !closed) {
                fetch(model, new TopicPartition(topic, partition), wanted, found, deadline);
            }
        } catch (KafkaException e) {
            LOG.debug("Texts of {} cannot be read for now: {}", model, e.toString());
        } finally {
            lock.unlock();
        }
        return found;
    }

    private void fetch(
            String model,
            TopicPartition partition,
            NavigableSet<Long> wanted,
            SortedMap<Long, LabelledExample> found,
            long deadline) {
        consumer.assign(List.of(partition));
        long beginning =
                consumer.beginningOffsets(List.of(partition), left(deadline)).getOrDefault(partition, 0L);
        long end = consumer.endOffsets(List.of(partition), left(deadline)).getOrDefault(partition, 0L);
        wanted.headSet(beginning).clear();
        wanted.tailSet(end).clear();
        while (!wanted.isEmpty() && !closed && nanoTicker.getAsLong() < deadline) {
            consumer.seek(partition, wanted.first());
            take(model, partition, wanted, found, deadline);
        }
    }

    /** Takes what lies at the first offset that is wanted, and what is wanted of that which comes along. */
    private void take(
            String model,
            TopicPartition partition,
            NavigableSet<Long> wanted,
            SortedMap<Long, LabelledExample> found,
            long deadline) {
        try {
            long first = wanted.first();
            while (consumer.position(partition, left(deadline)) <= first && nanoTicker.getAsLong() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(shorter(left(deadline), LONGEST_POLL))) {
                    if (wanted.remove(record.offset())) {
                        remember(model, record, found);
                    }
                }
            }
            wanted.headSet(consumer.position(partition, left(deadline))).clear();
        } catch (InvalidOffsetException e) {
            LOG.debug("{} was cut while it was read: {}", partition, e.getMessage());
            wanted.pollFirst();
        }
    }

    private void remember(String model, ConsumerRecord<byte[], byte[]> record, SortedMap<Long, LabelledExample> found) {
        if (record.key() == null
                || record.value() == null
                || !new String(record.key(), StandardCharsets.UTF_8).equals(model)) {
            return;
        }
        try {
            if (LedgerJson.read(record.value()) instanceof LabelledExample example) {
                remembered.put(new Place(model, record.partition(), record.offset()), example);
                found.put(record.offset(), example);
            }
        } catch (IllegalArgumentException e) {
            LOG.debug("The record at offset {} is no example: {}", record.offset(), e.getMessage());
        }
    }

    private Duration left(long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - nanoTicker.getAsLong()));
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** Ends what is being looked up. What is looked up later finds what is remembered alone. */
    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
        lock.lock();
        try {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        } finally {
            lock.unlock();
        }
    }
}
