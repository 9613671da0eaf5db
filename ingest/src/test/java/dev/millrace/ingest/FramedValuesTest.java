package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramedValuesTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();
    private static final Duration LONG = Duration.ofSeconds(20);

    private static final String TICKET = """
            {"type": "record", "name": "Ticket", "namespace": "crm", "fields": [
              {"name": "id", "type": "long"},
              {"name": "subject", "type": ["null", "string"], "default": null},
              {"name": "body", "type": "string"},
              {"name": "queue", "type": {"type": "enum", "name": "Queue", "symbols": ["card_arrival", "cash"]}},
              {"name": "closed", "type": {"type": "long", "logicalType": "timestamp-micros"}},
              {"name": "tags", "type": {"type": "array", "items": "string"}},
              {"name": "score", "type": "double"}]}
            """;

    /** Written by Confluent's AvroSerializer for JavaScript, 1.10.1, from the ticket of {@link #decodesWhatConfluentsSerializerWrote}. */
    private static final String AVRO_BYTES = "0000000001220208436172641e686173206e6f7420617272697665640080"
            + "89a196a896a206040261026200000000000000e03f";

    private static final FieldMapping TICKETS = new FieldMapping(
            Map.of(
                    "text", List.of(FieldPath.parse("$.subject"), FieldPath.parse("$.body")),
                    "label", List.of(FieldPath.parse("$.queue")),
                    "time", List.of(FieldPath.parse("$.closed")),
                    "weight", List.of(FieldPath.parse("$.score")),
                    "source", List.of(FieldPath.parse("$.tags[1]"))),
            " ");

    private final StubRegistry registry = new StubRegistry();

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void decodesWhatConfluentsSerializerWrote() {
        registry.put("/schemas/ids/1", "AVRO", TICKET);
        ExampleParser parser = parser(TICKETS, "Basic dTpw", LONG);
        byte[] value = HexFormat.of().parseHex(AVRO_BYTES);
        for (int i = 0; i < 3; i++) {
            assertThat(accepted(parser, value))
                    .isEqualTo(new LabelledExample(
                            "17",
                            "support",
                            "Card has not arrived",
                            "card_arrival",
                            Instant.parse("2025-11-24T16:00:00.123456Z"),
                            "b",
                            0.5));
        }
        assertThat(registry.asked).containsExactly("/apis/ccompat/v7/schemas/ids/1 Basic dTpw");
    }

    @Test
    void decodesSchemasThatUseOthers() throws IOException {
        String who =
                "{\"type\":\"record\",\"name\":\"crm.Who\",\"fields\":[{\"name\":\"source\",\"type\":\"string\"}]}";
        String whole = """
                {"type": "record", "name": "crm.Example", "fields": [
                  {"name": "text", "type": "string"}, {"name": "label", "type": "string"}, {"name": "who", "type": "crm.Who"},
                  {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
                """;
        registry.put("/subjects/who value/versions/1", "AVRO", who);
        registry.put("/schemas/ids/5", "AVRO", whole, "crm.Who", "who value");
        Schema.Parser schemas = new Schema.Parser();
        Schema inner = schemas.parse(who);
        Schema schema = schemas.parse(whole);
        byte[] value = avro(
                5,
                schema,
                new GenericRecordBuilder(schema)
                        .set("text", "t")
                        .set("label", "l")
                        .set(
                                "who",
                                new GenericRecordBuilder(inner)
                                        .set("source", "crm")
                                        .build())
                        .set("time", 1764000000123L)
                        .build());
        FieldMapping mapping = new FieldMapping(Map.of("source", List.of(FieldPath.parse("$.who.source"))), "");
        LabelledExample example = accepted(parser(mapping, null, LONG), value);
        assertThat(example.source()).isEqualTo("crm");
        assertThat(example.time()).isEqualTo(Instant.ofEpochMilli(1764000000123L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"JSON", StubRegistry.UNTOLD})
    void readsJsonWithAndWithoutAFrameBesideIt(String type) {
        registry.put("/schemas/ids/43", type, "{\"type\":\"object\"}");
        ExampleParser parser = parser(FieldMapping.NONE, null, LONG);
        byte[] framed = HexFormat.of().parseHex("000000002b7b2274657874223a2274222c226c6162656c223a226c227d");
        assertThat(accepted(parser, framed))
                .isEqualTo(accepted(parser, "{\"text\":\"t\",\"label\":\"l\"}".getBytes(UTF_8)));
    }

    @Test
    void refusesWhatCannotBeDecoded() {
        registry.put("/schemas/ids/1", "AVRO", TICKET);
        registry.put("/schemas/ids/3", "AVRO", "{\"type\":\"recrod\"}");
        registry.put("/schemas/ids/2", "THRIFT", "struct");
        ExampleParser parser = parser(TICKETS, null, LONG);
        assertThat(rejected(parser, new byte[] {0, 0, 0})).contains("no id of a schema");
        assertThat(rejected(parser, framed(7, ""))).contains("no schema 7");
        assertThat(rejected(parser, framed(3, ""))).contains("no schema of Avro");
        assertThat(rejected(parser, framed(2, ""))).contains("THRIFT");
        assertThat(rejected(parser, framed(1, "22"))).contains("not written by its schema");
        assertThat(rejected(parser, HexFormat.of().parseHex(AVRO_BYTES + "00"))).contains("more follows");
        // A string of two gigabytes, and an array of more elements than there are bytes.
        assertThat(rejected(parser, framed(1, "2202feffffff0f"))).contains("a length of 2147483647");
        assertThat(rejected(parser, framed(1, "2200000000d00f"))).contains("a length of 1000");
        // An id that is unknown is not asked for again at once.
        assertThat(rejected(parser, framed(7, ""))).contains("no schema 7");
        assertThat(registry.asked).filteredOn(path -> path.contains("ids/7")).hasSize(1);
    }

    @Test
    void refusesAWeightThatIsNoNumber() {
        registry.put("/schemas/ids/1", "AVRO", TICKET);
        String end = "000000000000e03f";
        for (String number : List.of("000000000000f87f", "000000000000f07f", "000000000000f0ff")) {
            Parsed parsed = parser(TICKETS, null, LONG)
                    .parse(HexFormat.of().parseHex(AVRO_BYTES.replace(end, number)), new RecordHeaders(), NOW);
            assertThat(((Parsed.Rejected) parsed).rejection().reason()).isEqualTo("weight_invalid");
        }
    }

    @Test
    void neverThrowsOnDamagedValues() {
        registry.put("/schemas/ids/1", "AVRO", TICKET);
        ExampleParser parser = parser(TICKETS, null, LONG);
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] good = HexFormat.of().parseHex(AVRO_BYTES);
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] damaged = good.clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                damaged[random.nextInt(5, damaged.length)] = (byte) random.nextInt(256);
            }
            Parsed parsed = parser.parse(damaged, new RecordHeaders(), NOW);
            refused += parsed instanceof Parsed.Rejected ? 1 : 0;
        }
        assertThat(refused).as("seed %d", seed).isPositive();
    }

    @Test
    void asksAgainWhileTheRegistryIsAway() {
        registry.put("/schemas/ids/1", "AVRO", TICKET);
        registry.failures.set(2);
        assertThat(accepted(parser(TICKETS, null, LONG), HexFormat.of().parseHex(AVRO_BYTES))
                        .id())
                .isEqualTo("17");
        assertThat(registry.asked).hasSize(3);
    }

    @Test
    void saysNothingOfARecordWhileTheRegistryIsAway() {
        registry.put("/schemas/ids/1", "AVRO", TICKET);
        registry.failures.set(Integer.MAX_VALUE);
        ExampleParser parser = parser(TICKETS, null, Duration.ofMillis(1));
        byte[] value = HexFormat.of().parseHex(AVRO_BYTES);
        assertThatThrownBy(() -> parser.parse(value, new RecordHeaders(), NOW))
                .isInstanceOf(SchemaRegistryAwayException.class)
                .hasMessageContaining("503");
        registry.failures.set(0);
        assertThat(accepted(parser, value).id()).isEqualTo("17");
    }

    private ExampleParser parser(FieldMapping mapping, @Nullable String authorization, Duration patience) {
        return new ExampleParser(
                IngestSettings.of("unused:1", Path.of("unused"), Set.of("support"))
                        .with(new TopicFormat(mapping, registry.address(authorization, patience))),
                TextProbe.ANY);
    }

    private static byte[] framed(int id, String hex) {
        byte[] rest = HexFormat.of().parseHex(hex);
        return ByteBuffer.allocate(5 + rest.length)
                .put((byte) 0)
                .putInt(id)
                .put(rest)
                .array();
    }

    private static byte[] avro(int id, Schema schema, Object value) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<>(schema).write(value, encoder);
        encoder.flush();
        return framed(id, HexFormat.of().formatHex(out.toByteArray()));
    }

    private static LabelledExample accepted(ExampleParser parser, byte[] value) {
        Parsed parsed = parser.parse(value, new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Accepted.class);
        return ((Parsed.Accepted) parsed).example();
    }

    private static String rejected(ExampleParser parser, byte[] value) {
        Parsed parsed = parser.parse(value, new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Rejected.class);
        Rejection rejection = ((Parsed.Rejected) parsed).rejection();
        assertThat(rejection.reason()).isEqualTo("undecodable");
        return rejection.detail();
    }
}
