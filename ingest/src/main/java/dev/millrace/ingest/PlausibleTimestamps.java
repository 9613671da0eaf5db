package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * Takes a record's timestamp for what it is worth: one before 1970 becomes that of the stream, one in the future becomes
 * now.
 *
 * <p>A producer may set any timestamp. Left alone, a negative one would stop the stream, and one of the year 40000 would
 * move the stream's time so far that every remembered id is forgotten. What the record said goes along as a header,
 * because a processor only sees the time that was taken.
 */
final class PlausibleTimestamps implements TimestampExtractor {

    private final Clock clock;

    PlausibleTimestamps(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        long said = record.timestamp();
        record.headers().add(DeadLetter.TIMESTAMP, Long.toString(said).getBytes(StandardCharsets.UTF_8));
        long now = clock.millis();
        if (said < 0) {
            return partitionTime < 0 ? now : partitionTime;
        }
        return Math.min(said, now);
    }
}
