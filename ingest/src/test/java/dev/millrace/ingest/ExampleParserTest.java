package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExampleParserTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();

    private final ExampleParser one = parser(Set.of("support"));
    private final ExampleParser two = parser(new LinkedHashSet<>(List.of("support", "sales")));

    @Test
    void theReasonsAreThoseOfAllRules() {
        assertThat(Rejection.class.getPermittedSubclasses())
                .extracting(rule ->
                        rule.getSimpleName().replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT))
                .containsExactlyInAnyOrderElementsOf(Rejection.REASONS);
    }

    @Test
    void readsEveryField() {
        assertThat(example("""
                        {"id": "c9f1", "model": "support", "text": " my card\\n ", "label": "card arrival ",
                         "time": "2026-11-24T09:00:00+01:00", "source": "crm", "weight": 0.5,
                         "unknown": {"deep": [1, {"text": "no"}]}}
                        """))
                .isEqualTo(new LabelledExample(
                        "c9f1",
                        "support",
                        " my card\n ",
                        "card arrival ",
                        Instant.parse("2026-11-24T08:00:00Z"),
                        "crm",
                        0.5));
    }

    @Test
    void fillsInWhatIsNotSaid() {
        LabelledExample example =
                example("{\"text\":\"t\",\"label\":\"l\",\"time\":null,\"id\":null,\"source\":\" \"}");
        assertThat(example.model()).isEqualTo("support");
        assertThat(example.time()).isEqualTo(Instant.ofEpochMilli(NOW));
        assertThat(example.source()).isNull();
        assertThat(example.weight()).isEqualTo(1);
        // Golden: producers may compute the same id. SHA-256 of each part behind its length as four bytes.
        assertThat(example.id()).isEqualTo("dd76401787aa865068d867c7ea97c5ab4ab44939a6cd31d0569f31da6dd934d5");
    }

    @Test
    void tellsContentsApartByTheirDefaultId() {
        assertThat(example("{\"text\":\"ab\",\"label\":\"c\"}").id())
                .isNotEqualTo(example("{\"text\":\"a\",\"label\":\"bc\"}").id())
                .isEqualTo(example("{\"label\":\"c\",\"text\":\"\\u0061b\",\"weight\":2,\"time\":5}")
                        .id());
    }

    @Test
    void takesNumbersAsIds() {
        assertThat(example("{\"id\":12345678901234567890123,\"text\":\"t\",\"label\":\"l\"}")
                        .id())
                .isEqualTo("12345678901234567890123");
    }

    @ParameterizedTest
    @CsvSource({
        "'\"2026-11-24T10:00:00Z\"',2026-11-24T10:00:00Z",
        "'\"2026-11-24t10:00:00.123456789z\"',2026-11-24T10:00:00.123456789Z",
        "'\"2026-11-24T10:00:00-02:00\"',2026-11-24T12:00:00Z",
        "'\"2026-11-24T10:00:00\"',2026-11-24T10:00:00Z",
        "'\"2026-11-24 10:00\"',2026-11-24T10:00:00Z",
        "'\"2026-11-24\"',2026-11-24T00:00:00Z",
        "'\"2026-11-25T10:00:00Z\"',2026-11-25T10:00:00Z",
        "0,1970-01-01T00:00:00Z",
        "1764000000123,2025-11-24T16:00:00.123Z",
        "1.764e12,2025-11-24T16:00:00Z",
    })
    void readsTimes(String json, Instant time) {
        assertThat(example("{\"text\":\"t\",\"label\":\"l\",\"time\":" + json + "}")
                        .time())
                .isEqualTo(time);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "not_json|''",
                "not_json|' '",
                "not_json|hello",
                "not_json|{\"text\":\"t\",\"label\":\"l\"",
                "not_json|{\"text\":\"t\",\"label\":\"l\"} {}",
                "not_json|{\"text\":\"t\",\"label\":\"l\"}]",
                "not_json|{\"text\":\"t\",\"label\":\"l\",\"text\":\"u\"}",
                "not_json|{\"text\":\"t\",\"label\":\"l\",\"more\":{\"a\":1,\"a\":1}}",
                "not_json|{\"text\":\"t\",\"label\":\"l\",\"weight\":NaN}",
                "not_json|{'text':'t','label':'l'}",
                "not_an_object|[1]",
                "not_an_object|\"text\"",
                "not_an_object|12",
                "not_an_object|null",
                "not_an_object|true",
                "text_missing|{\"label\":\"l\"}",
                "text_missing|{\"text\":null,\"label\":\"l\"}",
                "text_not_a_string|{\"text\":1,\"label\":\"l\"}",
                "text_not_a_string|{\"text\":{\"a\":1},\"label\":\"l\"}",
                "text_not_a_string|{\"text\":[\"t\"],\"label\":\"l\"}",
                "text_empty|{\"text\":\"\",\"label\":\"l\"}",
                "text_empty|{\"text\":\" \\n\\t\",\"label\":\"l\"}",
                "text_without_tokens|{\"text\":\"TOKENLESS\",\"label\":\"l\"}",
                "text_unreadable|{\"text\":\"POISON\",\"label\":\"l\"}",
                "label_missing|{\"text\":\"t\"}",
                "label_missing|{\"text\":\"t\",\"label\":null}",
                "label_not_a_string|{\"text\":\"t\",\"label\":7}",
                "label_not_a_string|{\"text\":\"t\",\"label\":[]}",
                "label_empty|{\"text\":\"t\",\"label\":\" \"}",
                "model_unknown|{\"text\":\"t\",\"label\":\"l\",\"model\":\"other\"}",
                "model_unknown|{\"text\":\"t\",\"label\":\"l\",\"model\":\"\"}",
                "model_unknown|{\"text\":\"t\",\"label\":\"l\",\"model\":3}",
                "id_invalid|{\"text\":\"t\",\"label\":\"l\",\"id\":\"\"}",
                "id_invalid|{\"text\":\"t\",\"label\":\"l\",\"id\":true}",
                "id_invalid|{\"text\":\"t\",\"label\":\"l\",\"id\":{}}",
                "time_invalid|{\"text\":\"t\",\"label\":\"l\",\"time\":\"yesterday\"}",
                "time_invalid|{\"text\":\"t\",\"label\":\"l\",\"time\":\"\"}",
                "time_invalid|{\"text\":\"t\",\"label\":\"l\",\"time\":\"2026-02-30T00:00:00Z\"}",
                "time_invalid|{\"text\":\"t\",\"label\":\"l\",\"time\":true}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":\"40000-01-01T00:00:00Z\"}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":\"+40000-01-01T00:00:00Z\"}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":1200000000000000}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":1e999999999999}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":99999999999999999999999999}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":-1}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":\"1969-12-31T23:59:59Z\"}",
                "time_out_of_range|{\"text\":\"t\",\"label\":\"l\",\"time\":\"2026-11-25T10:00:01Z\"}",
                "weight_invalid|{\"text\":\"t\",\"label\":\"l\",\"weight\":0}",
                "weight_invalid|{\"text\":\"t\",\"label\":\"l\",\"weight\":-1}",
                "weight_invalid|{\"text\":\"t\",\"label\":\"l\",\"weight\":\"1\"}",
                "weight_invalid|{\"text\":\"t\",\"label\":\"l\",\"weight\":1e400}",
                "source_invalid|{\"text\":\"t\",\"label\":\"l\",\"source\":1}",
                "not_unicode|{\"text\":\"t\\ud800\",\"label\":\"l\"}",
                "not_unicode|{\"text\":\"t\",\"label\":\"\\udc00\\ud800\"}",
                "not_unicode|{\"text\":\"t\",\"label\":\"l\",\"id\":\"\\ud83d\"}",
            })
    void refusesWhatBreaksARule(String reason, String json) {
        Rejection rejection = rejection(one, json.getBytes(UTF_8));
        assertThat(rejection.reason()).isEqualTo(reason);
        assertThat(rejection.detail()).isNotBlank().doesNotContain("\n");
    }

    @Test
    void refusesWhatIsTooLong() {
        assertThat(rejection(one, json("x".repeat(20_001), "l")).reason()).isEqualTo("text_too_long");
        assertThat(rejection(one, json("t", "x".repeat(201))).reason()).isEqualTo("label_too_long");
        assertThat(rejection(one, new byte[1024 * 1024 + 1]).reason()).isEqualTo("record_too_large");
        assertThat(rejection(
                                one,
                                ("{\"text\":\"t\",\"label\":\"l\",\"id\":\"" + "x".repeat(513) + "\"}").getBytes(UTF_8))
                        .reason())
                .isEqualTo("id_invalid");
        assertThat(one.parse(json("x".repeat(20_000), "y".repeat(200)), new RecordHeaders(), NOW))
                .isInstanceOf(Parsed.Accepted.class);
    }

    @Test
    void refusesWhatIsNoUtf8() {
        byte[] malformed = json("caf_", "l");
        malformed[12] = (byte) 0xE9;
        assertThat(rejection(one, malformed)).isEqualTo(new Rejection.NotUtf8(12));
        byte[] truncated = {'"', (byte) 0xC3};
        assertThat(rejection(one, truncated).reason()).isEqualTo("not_utf8");
        byte[] surrogate = {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'};
        assertThat(rejection(one, surrogate).reason()).isEqualTo("not_utf8");
        assertThat(rejection(one, "{\"text\":\"t\",\"label\":\"l\"}".getBytes(UTF_16LE))
                        .reason())
                .isEqualTo("not_json");
    }

    @Test
    void refusesNullAndDepth() {
        assertThat(rejection(one, null).reason()).isEqualTo("null_value");
        assertThat(rejection(one, "[".repeat(500_000).getBytes(UTF_8)).reason()).isEqualTo("not_json");
        assertThat(rejection(one, ("{\"a\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}").getBytes(UTF_8))
                        .reason())
                .isEqualTo("not_json");
        assertThat(rejection(one, ("{\"weight\":" + "9".repeat(100_000) + "}").getBytes(UTF_8))
                        .reason())
                .isEqualTo("not_json");
    }

    @Test
    void skipsAByteOrderMark() {
        assertThat(example("\uFEFF{\"text\":\"t\",\"label\":\"l\"}").text()).isEqualTo("t");
    }

    @Test
    void asksForTheModelWhenThereAreSeveral() {
        assertThat(rejection(two, json("t", "l")).detail()).contains("support, sales");
        assertThat(two.parse(
                        "{\"text\":\"t\",\"label\":\"l\",\"model\":\"sales\"}".getBytes(UTF_8),
                        new RecordHeaders(),
                        NOW))
                .isInstanceOf(Parsed.Accepted.class);
    }

    @Test
    void takesWhatCloudEventsSayInHeaders() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("ce_id", "event-1".getBytes(UTF_8));
        headers.add("ce_source", "/crm/été".getBytes(UTF_8));
        headers.add("ce_time", "2026-11-24T09:00:00Z".getBytes(UTF_8));
        Parsed.Accepted bare = (Parsed.Accepted) one.parse(json("t", "l"), headers, NOW);
        assertThat(bare.example())
                .isEqualTo(new LabelledExample(
                        "event-1", "support", "t", "l", Instant.parse("2026-11-24T09:00:00Z"), "/crm/été", 1));
        Parsed.Accepted said = (Parsed.Accepted) one.parse(
                "{\"text\":\"t\",\"label\":\"l\",\"id\":\"own\",\"source\":\"mine\",\"time\":5}".getBytes(UTF_8),
                headers,
                NOW);
        assertThat(said.example().id()).isEqualTo("own");
        assertThat(said.example().source()).isEqualTo("mine");
        assertThat(said.example().time()).isEqualTo(Instant.ofEpochMilli(5));

        headers.add("ce_id", new byte[] {(byte) 0xFF});
        assertThat(((Parsed.Rejected) one.parse(json("t", "l"), headers, NOW))
                        .rejection()
                        .reason())
                .isEqualTo("id_invalid");
    }

    @Test
    void neverThrows() {
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] good =
                "{\"id\":\"é\",\"text\":\"t\\ud83d\\ude00\",\"label\":\"l\",\"time\":5e3,\"weight\":1}".getBytes(UTF_8);
        for (int i = 0; i < 20_000; i++) {
            byte[] mutated = good.clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
            }
            Parsed parsed = one.parse(mutated, new RecordHeaders(), NOW);
            if (parsed instanceof Parsed.Accepted accepted) {
                assertThat(ExampleJson.read(ExampleJson.write(accepted.example())))
                        .as("seed %d", seed)
                        .isEqualTo(accepted.example());
            }
        }
    }

    private static ExampleParser parser(Set<String> models) {
        return new ExampleParser(IngestSettings.of("unused:1", Path.of("unused"), models), (model, text) -> {
            if (text.equals("POISON")) {
                throw new IllegalStateException("broken\ntokenizer");
            }
            return !text.equals("TOKENLESS");
        });
    }

    private static byte[] json(String text, String label) {
        return ("{\"text\":\"" + text + "\",\"label\":\"" + label + "\"}").getBytes(UTF_8);
    }

    private LabelledExample example(String json) {
        Parsed parsed = one.parse(json.getBytes(UTF_8), new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Accepted.class);
        return ((Parsed.Accepted) parsed).example();
    }

    private static Rejection rejection(ExampleParser parser, byte @Nullable [] value) {
        Parsed parsed = parser.parse(value, new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Rejected.class);
        return ((Parsed.Rejected) parsed).rejection();
    }
}
