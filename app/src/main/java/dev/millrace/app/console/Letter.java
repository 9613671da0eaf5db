package dev.millrace.app.console;

import dev.millrace.ingest.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** One record of the topic of dead letters, with what its headers say of it. Immutable. */
final class Letter {

    /**
     * A dead letter in short.
     *
     * @param partition where it lies
     * @param offset where it lies
     * @param time when it was rejected
     * @param reason the code of the rule that it broke
     * @param detail what was wrong, for a person
     * @param origin where the record came from, as {@code topic-partition-offset}
     * @param glimpse the beginning of its value
     */
    record Row(int partition, long offset, Instant time, String reason, String detail, String origin, String glimpse) {}

    /**
     * A header that is the record's own.
     *
     * @param name of it
     * @param value its beginning, as text
     */
    record Shown(String name, String value) {}

    private static final int GLIMPSE = 160;

    private final ConsumerRecord<byte[], byte[]> record;

    Letter(ConsumerRecord<byte[], byte[]> record) {
        this.record = record;
    }

    ConsumerRecord<byte[], byte[]> record() {
        return record;
    }

    Row row() {
        return new Row(
                record.partition(),
                record.offset(),
                Instant.ofEpochMilli(Math.max(0, record.timestamp())),
                reason(),
                header(DeadLetter.DETAIL),
                origin(),
                Bytes.glimpse(record.value(), GLIMPSE));
    }

    String reason() {
        return header(DeadLetter.REASON);
    }

    String topic() {
        return header(DeadLetter.TOPIC);
    }

    String origin() {
        return topic() + "-" + header(DeadLetter.PARTITION) + "-" + header(DeadLetter.OFFSET);
    }

    /** {@return when the record came to be where it came from; null when nobody said, or what was said is no time} */
    @Nullable Instant originTime() {
        String millis = header(DeadLetter.TIMESTAMP);
        return millis.matches("[0-9]{1,15}") ? Instant.ofEpochMilli(Long.parseLong(millis)) : null;
    }

    /** {@return the dead letter that it was sent again instead of; empty where it is the first} */
    String resubmittedFrom() {
        return header(DeadLetter.RESUBMITTED_FROM);
    }

    /** {@return how many bytes were left out, as text; empty where nothing was} */
    String omitted() {
        return header(DeadLetter.OMITTED);
    }

    byte @Nullable [] value() {
        return record.value();
    }

    String key() {
        return record.key() == null ? "" : Bytes.glimpse(record.key(), GLIMPSE);
    }

    /** {@return the headers that the record came with} */
    List<Header> ownHeaders() {
        List<Header> own = new ArrayList<>();
        for (Header header : record.headers()) {
            if (!header.key().startsWith(DeadLetter.OWN)) {
                own.add(header);
            }
        }
        return own;
    }

    List<Shown> shownHeaders() {
        return ownHeaders().stream()
                .map(header -> new Shown(header.key(), Bytes.glimpse(header.value(), GLIMPSE)))
                .toList();
    }

    private String header(String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }
}
