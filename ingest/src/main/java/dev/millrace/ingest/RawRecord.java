package dev.millrace.ingest;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** A record as it came, byte for byte, with where it lies: what a dead letter needs to tell. Immutable. */
final class RawRecord {

    private static final int ABSENT = -1;

    private final String topic;
    private final int partition;
    private final long offset;
    private final long timestamp;
    private final byte @Nullable [] key;
    private final byte @Nullable [] value;
    private final Headers headers;

    private RawRecord(
            String topic,
            int partition,
            long offset,
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            Headers headers) {
        this.topic = topic;
        this.partition = partition;
        this.offset = offset;
        this.timestamp = timestamp;
        this.key = key;
        this.value = value;
        this.headers = headers;
    }

    static RawRecord of(Record<byte[], byte[]> record, RecordMetadata origin) {
        return new RawRecord(
                origin.topic(),
                origin.partition(),
                origin.offset(),
                record.timestamp(),
                record.key(),
                record.value(),
                record.headers());
    }

    byte @Nullable [] value() {
        return value;
    }

    Headers headers() {
        return headers;
    }

    /** In milliseconds since 1970, as it was taken for the stream's time. */
    long timestamp() {
        return timestamp;
    }

    Instant time() {
        return Instant.ofEpochMilli(timestamp);
    }

    /** Where it lies, as {@code topic-partition-offset}. */
    String place() {
        return topic + "-" + partition + "-" + offset;
    }

    /** How many bytes key, value and headers have. */
    long size() {
        return DeadLetter.size(key, value, headers);
    }

    /**
     * What is sent on in its place, with the reason behind its own headers; without its bytes where they are too many.
     *
     * @param at the timestamp that it gets
     */
    Record<byte[], byte[]> letter(String reason, String detail, long at) {
        Headers all = described(headers, reason, detail);
        long bytes = DeadLetter.size(key, value, all);
        if (bytes <= DeadLetter.MAX_BYTES) {
            return new Record<>(key, value, at, all);
        }
        Headers emptied = described(said(), reason, detail);
        DeadLetter.add(emptied, DeadLetter.OMITTED, Long.toString(bytes));
        return new Record<>(null, null, at, emptied);
    }

    private Headers described(Headers before, String reason, String detail) {
        Headers all = new RecordHeaders(before);
        if (all.lastHeader(DeadLetter.TIMESTAMP) == null) {
            DeadLetter.add(all, DeadLetter.TIMESTAMP, Long.toString(timestamp));
        }
        DeadLetter.add(all, DeadLetter.TOPIC, topic);
        DeadLetter.add(all, DeadLetter.PARTITION, Integer.toString(partition));
        DeadLetter.add(all, DeadLetter.OFFSET, Long.toString(offset));
        DeadLetter.add(all, DeadLetter.REASON, reason);
        DeadLetter.add(all, DeadLetter.DETAIL, detail);
        return all;
    }

    /** The timestamp that the record had, where another was taken for it. */
    private Headers said() {
        Headers said = new RecordHeaders();
        Header timestamp = headers.lastHeader(DeadLetter.TIMESTAMP);
        return timestamp == null ? said : said.add(timestamp);
    }

    void writeTo(DataOutputStream out) throws IOException {
        write(out, topic.getBytes(StandardCharsets.UTF_8));
        out.writeInt(partition);
        out.writeLong(offset);
        out.writeLong(timestamp);
        write(out, key);
        write(out, value);
        Header[] all = headers.toArray();
        out.writeInt(all.length);
        for (Header header : all) {
            write(out, header.key().getBytes(StandardCharsets.UTF_8));
            write(out, header.value());
        }
    }

    /** The record that {@link #writeTo} has written. */
    static RawRecord readFrom(DataInputStream in) throws IOException {
        String topic = text(in);
        int partition = in.readInt();
        long offset = in.readLong();
        long timestamp = in.readLong();
        byte[] key = read(in);
        byte[] value = read(in);
        Headers headers = new RecordHeaders();
        for (int left = in.readInt(); left > 0; left--) {
            headers.add(text(in), read(in));
        }
        return new RawRecord(topic, partition, offset, timestamp, key, value, headers);
    }

    private static void write(DataOutputStream out, byte @Nullable [] bytes) throws IOException {
        out.writeInt(bytes == null ? ABSENT : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    private static byte @Nullable [] read(DataInputStream in) throws IOException {
        int length = in.readInt();
        return length == ABSENT ? null : in.readNBytes(length);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }
}
