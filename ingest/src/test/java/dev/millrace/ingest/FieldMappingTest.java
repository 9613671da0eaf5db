package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FieldMappingTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();
    private static final String TICKET = """
            {"ticket": {"subject": "Card", "body": "has not arrived", "closed by": [{"team": 7}]},
             "meta": {"id": 12345678901234567890, "at": "2026-11-24T09:00:00Z", "a/b": "crm", "score": 2.50}}
            """;

    @Test
    void consumesARecordAsItIs() {
        ExampleParser parser = parser(
                " / ",
                "text=$.ticket.subject,$.ticket.nowhere,$.ticket.body",
                "label=$.ticket['closed by'][0].team",
                "id=$.meta.id",
                "time=$['meta'][\"at\"]",
                "source=/meta/a~1b",
                "weight=$.meta.score");
        assertThat(accepted(parser, TICKET))
                .isEqualTo(new LabelledExample(
                        "12345678901234567890",
                        "support",
                        "Card / has not arrived",
                        "7",
                        Instant.parse("2026-11-24T09:00:00Z"),
                        "crm",
                        2.5));
    }

    @Test
    void leavesFieldsWithoutAPathWhereTheContractHasThem() {
        ExampleParser parser = parser("\n", "text=$.body");
        assertThat(accepted(parser, "{\"body\":\"b\",\"text\":\"t\",\"label\":\"l\",\"id\":5}"))
                .isEqualTo(new LabelledExample("5", "support", "b", "l", Instant.ofEpochMilli(NOW), null, 1));
    }

    @Test
    void takesWhatIsSaidToBeOfTheContract() {
        RecordHeaders headers = new RecordHeaders();
        headers.add(TopicFormat.contractHeader());
        Parsed parsed = parser("\n", "text=$.body", "label=$.queue")
                .parse("{\"text\":\"t\",\"label\":\"l\"}".getBytes(UTF_8), headers, NOW);
        assertThat(((Parsed.Accepted) parsed).example().text()).isEqualTo("t");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text_missing|{\"queue\":\"l\"}",
                "text_missing|{\"subject\":null,\"queue\":\"l\"}",
                "text_empty|{\"subject\":\"\",\"body\":\" \",\"queue\":\"l\"}",
                "text_not_a_string|{\"subject\":\"s\",\"body\":5,\"queue\":\"l\"}",
                "text_not_a_string|{\"subject\":\"s\",\"body\":{},\"queue\":\"l\"}",
                "label_missing|{\"subject\":\"s\",\"label\":\"l\"}",
                "label_not_a_string|{\"subject\":\"s\",\"queue\":[]}",
                "time_invalid|{\"subject\":\"s\",\"queue\":\"l\",\"time\":\"soon\"}",
                "not_an_object|5",
                "not_json|",
                "not_json|{\"subject\":\"s\",\"queue\":\"l\",\"queue\":\"l\"}",
                "not_json|{\"subject\":\"s\",\"queue\":\"l\"} 5",
                "not_json|{\"subject\":\"s\",\"queue\":\"l\",\"n\":1e99999999999}",
            })
    void refusesByTheSameRules(String reason, @Nullable String json) {
        Parsed parsed = parser("\n", "text=$.subject,$.body", "label=$.queue")
                .parse(json == null ? new byte[0] : json.getBytes(UTF_8), new RecordHeaders(), NOW);
        assertThat(((Parsed.Rejected) parsed).rejection().reason()).isEqualTo(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "$",
                "text",
                "$text",
                "$.",
                "$..text",
                "$.a[*]",
                "$.a[?(@.b)]",
                "$.a[-1]",
                "$.a[0",
                "$['']",
                "$.a b"
            })
    void refusesPathsThatNameNoPlaceOrMany(String path) {
        assertThatThrownBy(() -> FieldPath.parse(path)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesWhatCannotBeMapped() {
        FieldPath path = FieldPath.parse("$.a");
        assertThatThrownBy(() -> new FieldMapping(Map.of("texts", List.of(path)), ""))
                .hasMessageContaining("texts");
        assertThatThrownBy(() -> new FieldMapping(Map.of("label", List.of(path, path)), ""))
                .hasMessageContaining("label must have one path");
    }

    private static ExampleParser parser(String separator, String... fields) {
        Map<String, List<FieldPath>> paths = new HashMap<>();
        for (String field : fields) {
            String[] parts = field.split("=", 2);
            paths.put(
                    parts[0],
                    Arrays.stream(parts[1].split(",")).map(FieldPath::parse).toList());
        }
        return new ExampleParser(
                IngestSettings.of("unused:1", Path.of("unused"), Set.of("support"))
                        .with(new TopicFormat(new FieldMapping(paths, separator), null)),
                TextProbe.ANY);
    }

    private static LabelledExample accepted(ExampleParser parser, String json) {
        Parsed parsed = parser.parse(json.getBytes(UTF_8), new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Accepted.class);
        return ((Parsed.Accepted) parsed).example();
    }
}
