package dev.millrace.ingest;

import java.time.Clock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * Takes a record's timestamp for what it is worth: one before 1970 becomes that of the stream, one in the future becomes
 * now.
 *
 * <p>A producer may set any timestamp. Left alone, a negative one would stop the stream, and one of the year 40000 would
 * move the stream's time so far that every remembered id is forgotten. A processor only sees the time that was taken, so
 * what the record said goes along as a header where it is another, and where the record brings a header of that name.
 */
final class PlausibleTimestamps implements TimestampExtractor {

    private final Clock clock;

    PlausibleTimestamps(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        long said = record.timestamp();
        long taken = plausible(said, partitionTime);
        if (taken != said || record.headers().lastHeader(DeadLetter.TIMESTAMP) != null) {
            DeadLetter.add(record.headers(), DeadLetter.TIMESTAMP, Long.toString(said));
        }
        return taken;
    }

    private long plausible(long said, long partitionTime) {
        long now = clock.millis();
        if (said < 0) {
            return partitionTime < 0 ? now : partitionTime;
        }
        return Math.min(said, now);
    }
}
