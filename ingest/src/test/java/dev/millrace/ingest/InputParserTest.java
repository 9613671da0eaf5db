package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputParserTest {

    private final InputParser one = new InputParser(Set.of("support"), 20, 200);
    private final InputParser two = new InputParser(new LinkedHashSet<>(List.of("support", "sales")), 20, 200);

    private static ConsumerRecord<byte[], byte[]> record(@Nullable String json) {
        return new ConsumerRecord<>("inputs", 3, 17, null, json == null ? null : json.getBytes(UTF_8));
    }

    private static InputText accepted(ParsedInput parsed) {
        assertThat(parsed).isInstanceOf(ParsedInput.Accepted.class);
        return ((ParsedInput.Accepted) parsed).input();
    }

    @Test
    void readsEveryFieldAndFillsInWhatIsNotSaid() {
        assertThat(accepted(two.parse(record("""
                        {"id": 9, "model": "sales", "text": " where? ", "label": "x", "deep": {"text": 1}}
                        """)))).isEqualTo(new InputText("9", "sales", " where? "));
        assertThat(accepted(one.parse(record("{\"text\": \"where?\", \"id\": null}"))))
                .isEqualTo(new InputText("inputs-3-17", "support", "where?"));
        ConsumerRecord<byte[], byte[]> cloudEvent = record("{\"text\": \"where?\"}");
        cloudEvent.headers().add("ce_id", "event-1".getBytes(UTF_8));
        assertThat(accepted(one.parse(cloudEvent)).id()).isEqualTo("event-1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"text": "a"                            | not_json
                    []                                      | not_an_object
                    {"id": "1"}                             | text_missing
                    {"text": 1}                             | text_not_a_string
                    {"text": " "}                           | text_empty
                    {"text": "a text of 21 letters."}       | text_too_long
                    {"text": "a", "model": "other"}         | model_unknown
                    {"text": "a", "id": ""}                 | id_invalid
                    """)
    void saysWhichRuleIsBroken(String json, String reason) {
        ParsedInput parsed = one.parse(record(json));

        assertThat(parsed).isInstanceOf(ParsedInput.Rejected.class);
        assertThat(((ParsedInput.Rejected) parsed).rejection().reason()).isEqualTo(reason);
    }

    @Test
    void asksAboutModelsThatItWasNotToldOf() {
        InputParser asking =
                new InputParser(KnownModels.of(Set.of("support"), Map.of()), model -> model.equals("fraud"), 20, 200);

        assertThat(accepted(asking.parse(record("{\"text\": \"a\", \"model\": \"fraud\", \"id\": \"1\"}"))))
                .isEqualTo(new InputText("1", "fraud", "a"));
        assertThat(accepted(asking.parse(record("{\"text\": \"a\"}"))).model()).isEqualTo("support");
        assertThat(((ParsedInput.Rejected) asking.parse(record("{\"text\": \"a\", \"model\": \"other\"}")))
                        .rejection()
                        .reason())
                .isEqualTo("model_unknown");
    }

    @Test
    void severalModelsMustBeNamedAndNothingIsNoText() {
        assertThat(((ParsedInput.Rejected) two.parse(record("{\"text\": \"a\"}")))
                        .rejection()
                        .reason())
                .isEqualTo("model_unknown");
        assertThat(((ParsedInput.Rejected) one.parse(record(null))).rejection().reason())
                .isEqualTo("null_value");
        assertThat(((ParsedInput.Rejected) one.parse(record("x".repeat(201))))
                        .rejection()
                        .reason())
                .isEqualTo("record_too_large");
    }

    @Test
    void aDeadLetterKeepsTheBytesAndSaysWhereTheyLieAndLeavesOutWhatItCannotCarry() {
        ConsumerRecord<byte[], byte[]> record = record("{");
        record.headers().add("own", new byte[] {1});
        ProducerRecord<byte[], byte[]> letter = DeadLetter.of("dead", record, "not_json", "it is not");
        assertThat(letter.value()).isEqualTo("{".getBytes(UTF_8));
        assertThat(letter.headers().toArray())
                .extracting(Header::key)
                .containsExactly(
                        "own",
                        DeadLetter.TOPIC,
                        DeadLetter.PARTITION,
                        DeadLetter.OFFSET,
                        DeadLetter.TIMESTAMP,
                        DeadLetter.REASON,
                        DeadLetter.DETAIL);
        assertThat(letter.headers().lastHeader(DeadLetter.OFFSET).value()).isEqualTo("17".getBytes(UTF_8));
        assertThat(record.headers().toArray()).hasSize(1);

        ConsumerRecord<byte[], byte[]> huge =
                new ConsumerRecord<>("inputs", 3, 18, null, new byte[DeadLetter.MAX_BYTES]);
        ProducerRecord<byte[], byte[]> emptied = DeadLetter.of("dead", huge, "record_too_large", "it is");
        assertThat(emptied.value()).isNull();
        assertThat(emptied.headers().lastHeader(DeadLetter.OMITTED)).isNotNull();
        assertThat(emptied.headers().lastHeader(DeadLetter.REASON).value())
                .isEqualTo("record_too_large".getBytes(UTF_8));
    }
}
