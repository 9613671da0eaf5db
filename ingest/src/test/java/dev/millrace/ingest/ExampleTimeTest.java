package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExampleTimeTest {

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1970-01-01T00:00:00Z",
                "2024-02-29T23:59:59.999999999Z",
                "2026-11-30T10:00:00.120Z",
                "2026-11-30T10:00:00.000001Z",
                "2026-11-30T10:00:00.000000001Z",
                "9999-12-31T23:59:59Z",
                "+10000-01-01T00:00:00Z",
                "1969-12-31T23:59:59.500Z",
            })
    void writesAsInstantsDo(String time) {
        assertThat(ExampleTime.text(Instant.parse(time))).isEqualTo(time);
    }

    @Test
    void readsAndWritesAnyTime() throws Unfit {
        SplittableRandom random = new SplittableRandom(1);
        int[] units = {1, 1_000, 1_000_000, 1_000_000_000};
        for (int i = 0; i < 10_000; i++) {
            int unit = units[i % units.length];
            Instant time = Instant.ofEpochSecond(
                    random.nextLong(LATEST.getEpochSecond()), random.nextLong(1_000_000_000) / unit * unit);
            assertThat(ExampleTime.text(time)).isEqualTo(time.toString());
            assertThat(ExampleTime.ofText(time.toString(), LATEST)).isEqualTo(time);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-24T10:00:00.1Z,2026-11-24T10:00:00.100Z",
        "2026-11-24T10:00:00.0123Z,2026-11-24T10:00:00.012300Z",
        "2026-04-30T10:00:00Z,2026-04-30T10:00:00Z",
        "2024-02-29T10:00:00Z,2024-02-29T10:00:00Z",
        "2026-11-24T10:00:00.5+01:00,2026-11-24T09:00:00.500Z",
        "2026-11-24T10:00:00.5,2026-11-24T10:00:00.500Z",
    })
    void readsFractionsAndEndsOfMonths(String text, Instant time) throws Unfit {
        assertThat(ExampleTime.ofText(text, LATEST)).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-11-31T10:00:00Z",
                "2026-02-29T10:00:00Z",
                "2026-00-10T10:00:00Z",
                "2026-01-00T10:00:00Z",
                "2026-13-10T10:00:00Z",
                "2026-11-24T24:00:00Z",
                "2026-11-24T10:60:00.5Z",
                "2026-11-24T10:00:60.5Z",
                "2026-11-24T10:00:00.1234567890Z",
                "2026-11-24T10:00:00.1x3Z",
                "2026-11-24T10:00:00,123Z",
            })
    void refusesWhatIsNoTime(String text) {
        assertThat(refusal(text)).isInstanceOf(Rejection.TimeInvalid.class);
    }

    private static Rejection refusal(String text) {
        try {
            throw new AssertionError(text + " was read as " + ExampleTime.ofText(text, LATEST));
        } catch (Unfit unfit) {
            return unfit.rejection();
        }
    }
}
