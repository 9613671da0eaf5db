package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.kafka.CloudEventSerializer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CloudEventsTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();

    private final IngestSettings settings = IngestSettings.of("unused:1", Path.of("unused"), Set.of("support"));
    private final ExampleParser parser = new ExampleParser(settings, TextProbe.ANY);

    /** As the CloudEvents project's own serializer writes them for Kafka. */
    @ParameterizedTest
    @EnumSource(names = {"BINARY", "STRUCTURED"})
    void readsWhatTheSdkWrites(Encoding mode) {
        CloudEvent event = CloudEventBuilder.v1()
                .withId("event-1")
                .withSource(URI.create("/crm/tickets"))
                .withType("com.example.ticket.closed")
                .withTime(OffsetDateTime.parse("2026-11-24T09:00:00+01:00"))
                .withData("application/json", "{\"text\":\"my card\",\"label\":\"card\"}".getBytes(UTF_8))
                .build();
        assertThat(read(parser, mode, event))
                .isEqualTo(new LabelledExample(
                        "event-1",
                        "support",
                        "my card",
                        "card",
                        Instant.parse("2026-11-24T08:00:00Z"),
                        "/crm/tickets",
                        1));
    }

    @ParameterizedTest
    @EnumSource(names = {"BINARY", "STRUCTURED"})
    void mapsTheDataOfAnEvent(Encoding mode) {
        FieldMapping mapping = new FieldMapping(
                Map.of("text", List.of(FieldPath.parse("$.ticket.body")), "label", List.of(FieldPath.parse("$.queue"))),
                "\n");
        CloudEvent event = CloudEventBuilder.v1()
                .withId("event-1")
                .withSource(URI.create("/crm"))
                .withType("ticket")
                .withData("application/json", "{\"ticket\":{\"body\":\"my card\"},\"queue\":5}".getBytes(UTF_8))
                .build();
        LabelledExample example =
                read(new ExampleParser(settings.with(new TopicFormat(mapping, null)), TextProbe.ANY), mode, event);
        assertThat(example)
                .isEqualTo(new LabelledExample(
                        "event-1", "support", "my card", "5", Instant.ofEpochMilli(NOW), "/crm", 1));
    }

    @Test
    void takesTheDatasWordBeforeTheEnvelopes() {
        Parsed parsed = structured("""
                {"specversion":"1.0","id":"e","source":"s","type":"t","time":"2026-11-24T09:00:00Z",
                 "data":{"id":"own","source":"mine","time":5,"text":"t","label":"l"}}
                """);
        assertThat(((Parsed.Accepted) parsed).example())
                .isEqualTo(new LabelledExample("own", "support", "t", "l", Instant.ofEpochMilli(5), "mine", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "not_json|{",
                "not_an_object|[]",
                "not_an_object|{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\",\"data\":\"text\"}",
                "cloud_event_invalid|{\"text\":\"t\",\"label\":\"l\"}",
                "cloud_event_invalid|{\"specversion\":\"0.3\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\",\"data\":{}}",
                "cloud_event_invalid|{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"s\",\"type\":\"t\",\"data\":{}}",
                "cloud_event_invalid|{\"specversion\":\"1.0\",\"id\":\"e\",\"type\":\"t\",\"data\":{}}",
                "cloud_event_invalid|{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\"}",
                "cloud_event_invalid|{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\",\"data_base64\":\"?\"}",
                "cloud_event_invalid|{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\",\"datacontenttype\":\"text/xml\",\"data\":\"<a/>\"}",
                "text_missing|{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\",\"data\":{}}",
                "time_invalid|{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\",\"time\":true,\"data\":{\"text\":\"t\",\"label\":\"l\"}}",
            })
    void refusesWhatIsNoEventOrNoExample(String reason, String json) {
        assertThat(((Parsed.Rejected) structured(json)).rejection().reason()).isEqualTo(reason);
    }

    private Parsed structured(String json) {
        RecordHeaders headers = new RecordHeaders();
        headers.add("content-type", "application/CloudEvents+json; charset=UTF-8".getBytes(UTF_8));
        return parser.parse(json.getBytes(UTF_8), headers, NOW);
    }

    private static LabelledExample read(ExampleParser parser, Encoding mode, CloudEvent event) {
        RecordHeaders headers = new RecordHeaders();
        try (CloudEventSerializer serializer = new CloudEventSerializer()) {
            serializer.configure(
                    mode == Encoding.STRUCTURED
                            ? Map.of(
                                    CloudEventSerializer.ENCODING_CONFIG,
                                    mode,
                                    CloudEventSerializer.EVENT_FORMAT_CONFIG,
                                    "application/cloudevents+json")
                            : Map.of(CloudEventSerializer.ENCODING_CONFIG, mode),
                    false);
            Parsed parsed = parser.parse(serializer.serialize("examples", headers, event), headers, NOW);
            assertThat(parsed).isInstanceOf(Parsed.Accepted.class);
            return ((Parsed.Accepted) parsed).example();
        }
    }
}
