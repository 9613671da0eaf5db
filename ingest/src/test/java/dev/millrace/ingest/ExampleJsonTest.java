package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExampleJsonTest {

    private static final LabelledExample FULL = new LabelledExample(
            "c9f1",
            "support",
            "my \"card\"\n\u0001 é \uD83D\uDE00 \u2028",
            "card_arrival",
            Instant.parse("2026-11-24T10:00:00.120Z"),
            "crm",
            2.0E-3);

    @Test
    void writesTheSameBytesForEver() {
        assertThat(ExampleJson.write(FULL))
                .asString(UTF_8)
                .isEqualTo("{\"id\":\"c9f1\",\"model\":\"support\","
                        + "\"text\":\"my \\\"card\\\"\\n\\u0001 é \uD83D\uDE00 \u2028\",\"label\":\"card_arrival\","
                        + "\"time\":\"2026-11-24T10:00:00.120Z\",\"source\":\"crm\",\"weight\":0.002}");
        LabelledExample plain = new LabelledExample("1", "m", "t", "l", Instant.EPOCH, null, 1);
        assertThat(ExampleJson.write(plain))
                .asString(UTF_8)
                .isEqualTo("{\"id\":\"1\",\"model\":\"m\",\"text\":\"t\",\"label\":\"l\","
                        + "\"time\":\"1970-01-01T00:00:00Z\",\"source\":null,\"weight\":1.0}");
    }

    @Test
    void saysWhatAnExampleReplacesWhereItDoes() {
        LabelledExample correction = new LabelledExample("1#2", "m", "t", "l", Instant.EPOCH, null, 1, "k");
        assertThat(ExampleJson.write(correction))
                .asString(UTF_8)
                .isEqualTo("{\"id\":\"1#2\",\"model\":\"m\",\"text\":\"t\",\"label\":\"l\","
                        + "\"time\":\"1970-01-01T00:00:00Z\",\"source\":null,\"weight\":1.0,\"replaces\":\"k\"}");
        assertThat(ExampleJson.read(ExampleJson.write(correction))).isEqualTo(correction);
    }

    @Test
    void readsWhatItWrote() {
        assertThat(ExampleJson.read(ExampleJson.write(FULL))).isEqualTo(FULL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c9f1", "a \"quoted\" \\ one", "\u00e9\uD83D\uDE00", "line\nbreak", "{"})
    void findsTheIdWithoutReadingTheRest(String id) {
        LabelledExample example = new LabelledExample(id, "m", "t", "l", Instant.EPOCH, null, 1);

        assertThat(ExampleJson.id(ExampleJson.write(example))).isEqualTo(id);
    }

    @Test
    void findsTheIdInWhateverOrder() {
        String json = new String(ExampleJson.write(FULL), UTF_8).replace("{\"id\"", "{\"new\":[{}],\"id\"");

        assertThat(ExampleJson.id(json.getBytes(UTF_8))).isEqualTo("c9f1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"id\":\"", "{\"id\":\"open", "[]"})
    void findsNoIdInWhatIsNoExample(String json) {
        assertThatThrownBy(() -> ExampleJson.id(json.getBytes(UTF_8))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ignoresFieldsOfALaterTime() {
        String json = new String(ExampleJson.write(FULL), UTF_8).replace("{\"id\"", "{\"new\":[{}],\"id\"");
        assertThat(ExampleJson.read(json.getBytes(UTF_8))).isEqualTo(FULL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]|must be a JSON object",
                "{}|\"id\" must be a string, but is missing",
                "{\"id\":1}|\"id\" must be a string, but is a number",
                "{\"id\":\"i\",\"model\":\"m\",\"text\":\"t\",\"label\":\"l\",\"time\":\"soon\"}|soon",
                "{\"id\":\"i\",\"model\":\"m\",\"text\":\"t\",\"label\":\"l\",\"time\":\"1970-01-01T00:00:00Z\"}|\"weight\"",
                "{\"id\":\"i\",\"model\":\"m\",\"text\":\" \",\"label\":\"l\",\"time\":\"1970-01-01T00:00:00Z\",\"weight\":1}|text must not be blank",
            })
    void saysWhatIsWrong(String json, String message) {
        assertThatThrownBy(() -> ExampleJson.read(json.getBytes(UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a training example: ")
                .hasMessageContaining(message);
    }
}
