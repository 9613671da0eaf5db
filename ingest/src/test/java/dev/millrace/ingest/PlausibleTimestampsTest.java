package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlausibleTimestampsTest {

    private static final long NOW = 1_000_000;

    @ParameterizedTest
    @CsvSource({
        "0,500,0",
        "999999,500,999999",
        "1000000,500,1000000",
        "1000001,500,1000000",
        "9223372036854775807,500,1000000",
        "-1,500,500",
        "-1,-1,1000000",
        "-9223372036854775808,-1,1000000",
    })
    void keepsTheTimeOfTheStreamPlausible(long said, long partitionTime, long taken) {
        ConsumerRecord<Object, Object> record = record(said, new RecordHeaders());

        assertThat(extract(record, partitionTime)).isEqualTo(taken);
        if (said == taken) {
            assertThat(record.headers()).isEmpty();
        } else {
            assertThat(last(record)).isEqualTo(Long.toString(said));
        }
    }

    @Test
    void aHeaderOfThatNameIsNotTakenForOurs() {
        RecordHeaders forged = new RecordHeaders();
        forged.add(DeadLetter.TIMESTAMP, "42".getBytes(UTF_8));
        ConsumerRecord<Object, Object> record = record(500, forged);

        assertThat(extract(record, 500)).isEqualTo(500);
        assertThat(last(record)).isEqualTo("500");
    }

    private static long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        return new PlausibleTimestamps(Clock.fixed(Instant.ofEpochMilli(NOW), ZoneOffset.UTC))
                .extract(record, partitionTime);
    }

    private static ConsumerRecord<Object, Object> record(long said, RecordHeaders headers) {
        return new ConsumerRecord<>(
                "examples", 0, 7, said, TimestampType.CREATE_TIME, 0, 0, "k", "v", headers, Optional.empty());
    }

    private static String last(ConsumerRecord<Object, Object> record) {
        return new String(record.headers().lastHeader(DeadLetter.TIMESTAMP).value(), UTF_8);
    }
}
