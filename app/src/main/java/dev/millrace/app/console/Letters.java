package dev.millrace.app.console;

import dev.millrace.registry.Problem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the topic of dead letters backwards, when somebody looks; nothing is kept in between. Thread-safe. */
final class Letters {

    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration LONGEST_POLL = Duration.ofMillis(250);

    // A letter may have megabytes: what is read at a time is let go before more is.
    private static final int CHUNK = 200;
    private static final int MOST_LOOKED_AT = 5_000;
    private static final int AT_ONCE = 4;

    /**
     * A part of the dead letters.
     *
     * @param rows newest first
     * @param older where the next part begins; empty when there is none
     * @param lookedAt how many offsets were looked at
     */
    record Part(List<Letter.Row> rows, Optional<Cursor> older, long lookedAt) {

        Part {
            rows = List.copyOf(rows);
        }
    }

    /**
     * Where a part begins: of each partition, only letters with a lower offset are in it.
     *
     * @param before by partition; one that is not named is read from its end
     */
    record Cursor(Map<Integer, Long> before) {

        Cursor {
            before = Map.copyOf(before);
        }

        static Cursor parse(String text) {
            Map<Integer, Long> before = new HashMap<>();
            for (String one : text.isEmpty() ? new String[0] : text.split("_", -1)) {
                if (!one.matches("[0-9]{1,6}-[0-9]{1,18}")) {
                    throw new Problem(400, "'before' must be what a page has linked to");
                }
                int dash = one.indexOf('-');
                before.put(Integer.parseInt(one.substring(0, dash)), Long.parseLong(one.substring(dash + 1)));
            }
            return new Cursor(before);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            new TreeMap<>(before)
                    .forEach((partition, offset) -> text.append(text.isEmpty() ? "" : "_")
                            .append(partition)
                            .append('-')
                            .append(offset));
            return text.toString();
        }
    }

    private interface Reading<R> {
        R read(Consumer<byte[], byte[]> consumer, long deadline);
    }

    private final Map<String, Object> client;
    private final String topic;
    private final LongSupplier nanoTicker;
    private final Semaphore places = new Semaphore(AT_ONCE);

    /**
     * Letters that somebody may look at.
     *
     * @param client properties of Kafka
     * @param topic of the dead letters
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     */
    Letters(Map<String, Object> client, String topic, LongSupplier nanoTicker) {
        this.client = Map.copyOf(client);
        this.topic = topic;
        this.nanoTicker = nanoTicker;
    }

    String topic() {
        return topic;
    }

    /**
     * Reads a part.
     *
     * @param from where it begins
     * @param wanted which letters are in it
     * @param most rows
     * @throws Problem with status 503 when Kafka does not answer, or too many look
     */
    Part part(Cursor from, Predicate<Letter> wanted, int most) {
        return reading((consumer, deadline) -> {
            List<TopicPartition> partitions = partitions(consumer);
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions, PATIENCE);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
            Map<Integer, Deque<Letter.Row>> found = new TreeMap<>();
            Map<Integer, Long> next = new HashMap<>();
            long lookedAt = 0;
            for (TopicPartition partition : partitions) {
                long begin = begins.getOrDefault(partition, 0L);
                long end = ends.getOrDefault(partition, 0L);
                long upper = Math.min(end, from.before().getOrDefault(partition.partition(), end));
                long low = upper;
                Deque<Letter.Row> rows = new ArrayDeque<>();
                while (low > begin && rows.size() <= most && upper - low < MOST_LOOKED_AT) {
                    long chunk = Math.max(begin, low - CHUNK);
                    List<Letter.Row> read = chunk(consumer, partition, chunk, low, wanted, deadline);
                    for (int i = read.size() - 1; i >= 0; i--) {
                        rows.addLast(read.get(i));
                    }
                    low = chunk;
                }
                lookedAt += upper - low;
                next.put(partition.partition(), low);
                found.put(partition.partition(), rows);
            }
            List<Letter.Row> newest = newest(found, most);
            // A partition whose letters are all in this part goes on where the look ended.
            found.values().stream()
                    .filter(left -> !left.isEmpty())
                    .forEach(left -> next.put(
                            left.getFirst().partition(), left.getFirst().offset() + 1));
            boolean isAll = partitions.stream()
                    .allMatch(one -> next.getOrDefault(one.partition(), 0L) <= begins.getOrDefault(one, 0L));
            return new Part(newest, isAll ? Optional.empty() : Optional.of(new Cursor(next)), lookedAt);
        });
    }

    /** Takes out the newest letters; within a partition, those with the higher offsets. */
    private static List<Letter.Row> newest(Map<Integer, Deque<Letter.Row>> found, int most) {
        List<Letter.Row> rows = new ArrayList<>();
        while (rows.size() < most) {
            Optional<Deque<Letter.Row>> first = found.values().stream()
                    .filter(left -> !left.isEmpty())
                    .max(Comparator.comparing(left -> left.getFirst().time()));
            if (first.isEmpty()) {
                break;
            }
            rows.add(first.get().removeFirst());
        }
        return rows;
    }

    private List<Letter.Row> chunk(
            Consumer<byte[], byte[]> consumer,
            TopicPartition partition,
            long from,
            long to,
            Predicate<Letter> wanted,
            long deadline) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, from);
        List<Letter.Row> rows = new ArrayList<>();
        // By position, for the markers of transactions take offsets too.
        while (consumer.position(partition, PATIENCE) < to) {
            requireTime(deadline);
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(LONGEST_POLL)) {
                Letter letter = new Letter(record);
                if (record.offset() < to && wanted.test(letter)) {
                    rows.add(letter.row());
                }
            }
        }
        return rows;
    }

    /**
     * Reads one letter.
     *
     * @param partition where it lies
     * @param offset where it lies
     * @throws Problem 404 when there is none, 503 as above
     */
    Letter at(int partition, long offset) {
        return reading((consumer, deadline) -> {
            TopicPartition where = new TopicPartition(topic, partition);
            if (!partitions(consumer).contains(where)) {
                throw none(partition, offset);
            }
            long begin = consumer.beginningOffsets(List.of(where), PATIENCE).getOrDefault(where, 0L);
            long end = consumer.endOffsets(List.of(where), PATIENCE).getOrDefault(where, 0L);
            if (offset < begin || offset >= end) {
                throw none(partition, offset);
            }
            consumer.assign(List.of(where));
            consumer.seek(where, offset);
            while (consumer.position(where, PATIENCE) <= offset) {
                requireTime(deadline);
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(LONGEST_POLL)) {
                    if (record.offset() == offset) {
                        return new Letter(record);
                    }
                }
            }
            throw none(partition, offset);
        });
    }

    private Problem none(int partition, long offset) {
        return new Problem(
                404, "there is no dead letter at offset " + offset + " of partition " + partition + " of " + topic);
    }

    private List<TopicPartition> partitions(Consumer<byte[], byte[]> consumer) {
        return consumer.partitionsFor(topic, PATIENCE).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
    }

    private void requireTime(long deadline) {
        if (nanoTicker.getAsLong() - deadline > 0) {
            throw new TimeoutException("the dead letters could not be read within " + PATIENCE.toSeconds() + " s");
        }
    }

    private <R> R reading(Reading<R> reading) {
        if (!places.tryAcquire()) {
            throw new Problem(503, AT_ONCE + " people look at dead letters at this moment; try again shortly");
        }
        Map<String, Object> properties = new HashMap<>(client);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, CHUNK);
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return reading.read(consumer, nanoTicker.getAsLong() + PATIENCE.toNanos());
        } catch (KafkaException e) {
            throw new Problem(503, "the dead letters cannot be read now: " + e.getMessage());
        } finally {
            places.release();
        }
    }
}
