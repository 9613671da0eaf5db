package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationTextTest {

    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S, 500ms",
        "5s, PT5S, 5s",
        "90s, PT1M30S, 90s",
        "120s, PT2M, 2m",
        "12h, PT12H, 12h",
        "7d, PT168H, 7d",
        "PT5M, PT5M, 5m",
        "1 h, PT1H, 1h",
        "0s, PT0S, 0ms"
    })
    void readsWhatPeopleWriteAndWritesItShort(String text, Duration duration, String shortest) {
        assertThat(DurationText.parse(text)).isEqualTo(duration);
        assertThat(DurationText.format(duration)).isEqualTo(shortest);
        assertThat(DurationText.parse(shortest)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "5", "5 minutes", "-5s", "1.5h", "5w", "s", "999999999999999999d", "99999999999999999999s"})
    void refusesTheRestWithAnExample(String text) {
        assertThatThrownBy(() -> DurationText.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("\"" + text + "\" is no duration such as 500ms, 5s, 10m, 12h, 7d or PT5M");
    }
}
