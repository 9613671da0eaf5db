package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a record in {@code examples-rejected}.
 *
 * <p>Key, value and the record's own headers stay as they came; these are added at the end, so the last header of a name
 * is ours even when a dead letter is sent through again. Their values are UTF-8 text.
 */
public final class DeadLetter {

    /** The topic that the record came from. */
    public static final String TOPIC = "millrace.topic";

    /** The partition that the record came from. */
    public static final String PARTITION = "millrace.partition";

    /** The offset that the record had there. */
    public static final String OFFSET = "millrace.offset";

    /** The timestamp that the record had there, in milliseconds since 1970, plausible or not. */
    public static final String TIMESTAMP = "millrace.timestamp";

    /** The code of the rule that the record broke, see {@link Rejection#reason()}. */
    public static final String REASON = "millrace.reason";

    /** What was wrong, for a person, see {@link Rejection#detail()}. */
    public static final String DETAIL = "millrace.detail";

    /**
     * There only when key and value are larger than a dead letter can carry: how many bytes were left out. The record
     * itself is still where topic, partition and offset say.
     */
    public static final String OMITTED = "millrace.omitted";

    /**
     * Not in dead letters but in what is sent again instead of one: which it was, as {@code topic-partition-offset}. A
     * record that is refused once more carries it into its own dead letter.
     */
    public static final String RESUBMITTED_FROM = "millrace.resubmitted-from";

    /** What the names of all headers begin with that are not the record's own. */
    public static final String OWN = "millrace.";

    /** The most bytes of key, value and headers that a dead letter carries; the topic admits a little more. */
    static final int MAX_BYTES = 31 * 1024 * 1024;

    private DeadLetter() {}

    /**
     * Where a dead letter came from.
     *
     * @param topic that it was read from
     * @param partition of the topic
     * @param offset in the partition
     * @param timestamp that it had there, in milliseconds since 1970
     */
    public record Origin(String topic, int partition, long offset, long timestamp) {}

    /**
     * A dead letter of a record that had come as far as the ledger.
     *
     * @param topic of dead letters
     * @param origin where the record lies
     * @param key as it is there
     * @param value as it is there
     * @param reason the code of the rule it broke
     * @param detail what was wrong, for a person
     * @return what to send
     */
    public static ProducerRecord<byte[], byte[]> of(
            String topic, Origin origin, byte[] key, byte[] value, String reason, String detail) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(topic, null, origin.timestamp(), key, value);
        Headers headers = letter.headers();
        add(headers, TOPIC, origin.topic());
        add(headers, PARTITION, Integer.toString(origin.partition()));
        add(headers, OFFSET, Long.toString(origin.offset()));
        add(headers, TIMESTAMP, Long.toString(origin.timestamp()));
        add(headers, REASON, reason);
        add(headers, DETAIL, detail);
        return letter;
    }

    /**
     * A dead letter of a record that was read by a consumer.
     *
     * @param topic of dead letters
     * @param record as it was read
     * @param reason the code of the rule it broke
     * @param detail what was wrong, for a person
     * @return what to send, with the time of sending as its timestamp
     */
    public static ProducerRecord<byte[], byte[]> of(
            String topic, ConsumerRecord<byte[], byte[]> record, String reason, String detail) {
        ProducerRecord<byte[], byte[]> letter =
                new ProducerRecord<>(topic, null, null, record.key(), record.value(), record.headers());
        describe(letter.headers(), record, reason, detail);
        long bytes = size(record.key(), record.value(), letter.headers());
        if (bytes <= MAX_BYTES) {
            return letter;
        }
        ProducerRecord<byte[], byte[]> emptied = new ProducerRecord<>(topic, null, null);
        describe(emptied.headers(), record, reason, detail);
        add(emptied.headers(), OMITTED, Long.toString(bytes));
        return emptied;
    }

    private static void describe(Headers headers, ConsumerRecord<byte[], byte[]> record, String reason, String detail) {
        add(headers, TOPIC, record.topic());
        add(headers, PARTITION, Integer.toString(record.partition()));
        add(headers, OFFSET, Long.toString(record.offset()));
        add(headers, TIMESTAMP, Long.toString(record.timestamp()));
        add(headers, REASON, reason);
        add(headers, DETAIL, detail);
    }

    static void describe(Headers headers, RecordMetadata origin, Rejection rejection) {
        add(headers, TOPIC, origin.topic());
        add(headers, PARTITION, Integer.toString(origin.partition()));
        add(headers, OFFSET, Long.toString(origin.offset()));
        add(headers, REASON, rejection.reason());
        add(headers, DETAIL, rejection.detail());
    }

    static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    static long size(byte @Nullable [] key, byte @Nullable [] value, Headers headers) {
        long bytes = length(key) + length(value);
        for (Header header : headers) {
            bytes += header.key().length() + length(header.value());
        }
        return bytes;
    }

    private static long length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
