package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtobufValuesTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();

    /** Written by Confluent's ProtobufSerializer for JavaScript, 1.10.1, with the schema crm/ticket.proto. */
    private static final String TICKET = "00000000020402020811120443617264220f686173206e6f7420617272697665642801320b08"
            + "808292c906108094ef3a3a01613a016241000000000000e03f4a070a0363726d100052050a0178100360ffffffffffffffffff01"
            + "72030a016e7a250a230a0464656570121b32190a0911000000000000f03f0a0220010a0208000a041a02c3a982010201048a0103"
            + "0102ff9201020801";

    /** The ticket is the second message within the second one of its file. */
    private static final String TICKET_PATH = "040202";

    private static final FieldMapping TICKETS = new FieldMapping(
            Map.of(
                    "text", List.of(FieldPath.parse("$.subject"), FieldPath.parse("$.body")),
                    "label", List.of(FieldPath.parse("$.queue")),
                    "time", List.of(FieldPath.parse("$.closed")),
                    "weight", List.of(FieldPath.parse("$.score")),
                    "source", List.of(FieldPath.parse("$.who.source"))),
            " ");

    private final StubRegistry registry = new StubRegistry();

    @AfterEach
    void stop() {
        registry.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"proto", "base64"})
    void decodesWhatConfluentsSerializerWrote(String registered) {
        registry.put("/schemas/ids/2", "PROTOBUF", resource("crm/ticket." + registered), "crm/who.proto", "who");
        registry.put("/subjects/who/versions/1", "PROTOBUF", resource("crm/who." + registered));
        ExampleParser parser = parser(TICKETS);
        for (int i = 0; i < 3; i++) {
            assertThat(accepted(parser, HexFormat.of().parseHex(TICKET)))
                    .isEqualTo(new LabelledExample(
                            "17",
                            "support",
                            "Card has not arrived",
                            "CARD_ARRIVAL",
                            Instant.parse("2025-11-24T16:00:00.123456Z"),
                            "crm",
                            0.5));
        }
        assertThat(registry.asked).hasSize(2);
    }

    /** Written by Apicurio's ProtobufKafkaSerializer 2.6.13, which says the message's name; the schema as its registry gives it. */
    @Test
    void decodesWhatApicuriosSerializerWrote() {
        registry.put("/schemas/ids/2", StubRegistry.UNTOLD, """
                // Proto schema formatted by Wire, do not edit.
                // Source:\s

                syntax = "proto3";

                package desk;

                message Ticket {
                  string id = 1;

                  string text = 2;

                  string label = 3;
                }
                """);
        LabelledExample example = accepted(
                parser(FieldMapping.NONE),
                framed(2, "080a065469636b65740a0770726f746f2d30120d6f76656e206e756d62657220301a076b69746368656e"));
        assertThat(example.id()).isEqualTo("proto-0");
        assertThat(example.text()).isEqualTo("oven number 0");
        assertThat(example.label()).isEqualTo("kitchen");
    }

    @Test
    void whatComesOutHasTheNamesOfTheSchema() throws Unfit {
        JsonNode tree = decoder().decode(HexFormat.of().parseHex(TICKET), 5);
        assertThat(tree).hasToString("""
                        {"phone":18446744073709551615,"id":17,"subject":"Card","body":"has not arrived","queue":"CARD_ARRIVAL",
                        "closed":"2025-11-24T16:00:00.123456Z","tags":["a","b"],"score":0.5,"who":{"source":"crm","floor":0},
                        "counts":{"x":3},"urgent":false,"note":"n","extra":{"deep":[1.0,true,null,"é"]},"deltas":[-1,2],
                        "digest":"AQL/","linked":[{"id":1,"urgent":false}]}""".replace("\n", ""));
    }

    @Test
    void absenceIsToldFromAValueWhereTheSchemaCan() throws Unfit {
        assertThat(decoder().decode(framed(2, TICKET_PATH), 5)).hasToString("{\"urgent\":false}");
        FileDescriptor file = ProtobufFiles.link("""
                syntax = "proto3";
                enum Stars { NONE = 0; ONE = 1; }
                message Rated { Stars stars = 1; optional string note = 2; int32 count = 3; oneof who { int32 a = 4; } }
                """, Map.of());
        Descriptor rated = file.findMessageTypeByName("Rated");
        DynamicMessage.Builder message = DynamicMessage.newBuilder(rated);
        assertThat(ProtobufTree.of(message.build())).hasToString("{\"stars\":\"NONE\"}");
        message.setField(rated.findFieldByName("note"), "")
                .setField(rated.findFieldByName("a"), 0)
                .setField(
                        rated.findFieldByName("stars"),
                        file.findEnumTypeByName("Stars").findValueByNumberCreatingIfUnknown(7));
        assertThat(ProtobufTree.of(message.build())).hasToString("{\"a\":0,\"stars\":7,\"note\":\"\"}");
    }

    @Test
    void readsProto2WithItsDefaults() {
        registry.put("/schemas/ids/4", "PROTOBUF", """
                package old;
                message Ticket {
                  enum Queue { CASH = 3; CARD = 5; }
                  required string text = 1;
                  optional Queue label = 2 [default = CARD];
                  optional double weight = 3;
                  optional bytes raw = 4 [default = "\\\\001"];
                  extensions 100 to max;
                }
                """);
        ExampleParser parser = parser(FieldMapping.NONE);
        assertThat(accepted(parser, framed(4, "000a0174")).label()).isEqualTo("CARD");
        assertThat(accepted(parser, framed(4, "000a01741003")).label()).isEqualTo("CASH");
        assertThat(rejected(parser, framed(4, "001003"))).contains("missing required fields: text");
        assertThat(rejected(parser, framed(4, "000a017419000000000000f87f"))).contains("NaN");
        assertThat(rejected(parser, framed(4, "000a017419000000000000f07f"))).contains("Infinity");
    }

    @Test
    void leavesOutWhatTheSchemaDoesNotHave() throws Unfit {
        Descriptor ticket = file().findMessageTypeByName("Desk").findNestedTypeByName("Ticket");
        UnknownFieldSet.Builder unknown = UnknownFieldSet.newBuilder();
        for (int number = 100; number < 10_000; number++) {
            unknown.addField(
                    number,
                    UnknownFieldSet.Field.newBuilder()
                            .addVarint(number)
                            .addLengthDelimited(ByteString.copyFromUtf8("more"))
                            .build());
        }
        byte[] value = DynamicMessage.newBuilder(ticket)
                .setField(ticket.findFieldByName("body"), "b")
                .setUnknownFields(unknown.build())
                .build()
                .toByteArray();
        assertThat(decoder().decode(framed(2, TICKET_PATH + HexFormat.of().formatHex(value)), 5))
                .hasToString("{\"body\":\"b\",\"urgent\":false}");
    }

    @Test
    void refusesWhatCannotBeDecoded() {
        registry.put("/schemas/ids/1", "PROTOBUF", "message Nothing {");
        registry.put("/schemas/ids/2", "PROTOBUF", resource("crm/ticket.proto"), "crm/who.proto", "who");
        registry.put("/schemas/ids/3", "PROTOBUF", "edition = \"2023\"; message A { string text = 1; }");
        registry.put("/schemas/ids/4", "PROTOBUF", "message A { optional group B = 1 { optional string text = 2; } }");
        registry.put("/schemas/ids/5", "PROTOBUF", "syntax = \"proto3\"; message A { B text = 1; }");
        registry.put("/schemas/ids/6", "PROTOBUF", "message A { ".repeat(20_000));
        ExampleParser parser = parser(TICKETS);
        assertThat(rejected(parser, framed(1, "00"))).contains("cannot be read as one of Protobuf");
        assertThat(rejected(parser, framed(2, "00")))
                .contains("[crm/who.proto], to which the registry has no reference");
        assertThat(rejected(parser, framed(3, "00"))).contains("edition is not currently supported");
        assertThat(rejected(parser, framed(4, "00"))).contains("group");
        assertThat(rejected(parser, framed(5, "00"))).contains("\"B\" is not defined");
        assertThat(rejected(parser, framed(6, "00"))).contains("cannot be read as one of Protobuf");
    }

    @Test
    void refusesDamagedFrames() {
        register();
        ExampleParser parser = parser(TICKETS);
        String notWritten = "it was not written by its schema";
        for (String frame :
                List.of("", "04020a08", "0201", "01", "feffffff0f", "080a065469636b6574", "7f0a044465736b")) {
            assertThat(rejected(parser, framed(2, frame))).as(frame).contains("neither by place nor by name");
        }
        assertThat(rejected(parser, HexFormat.of().parseHex(TICKET + "0a"))).contains(notWritten);
        // A text of two gigabytes, one that is no UTF-8, and a moment that there is not.
        assertThat(rejected(parser, framed(2, TICKET_PATH + "22ffffffff07"))).contains(notWritten);
        assertThat(rejected(parser, framed(2, TICKET_PATH + "2201ff"))).contains(notWritten);
        assertThat(rejected(parser, framed(2, TICKET_PATH + "320a08ffffffffffffffff7f")))
                .contains(notWritten);
        assertThat(rejected(parser, framed(2, TICKET_PATH + linked(500)))).contains(notWritten);
        assertThat(rejected(parser, framed(2, TICKET_PATH + linked(50)))).contains("text");
    }

    /** A ticket within a ticket, and so on. */
    private static String linked(int depth) {
        byte[] ticket = {};
        for (int i = 0; i < depth; i++) {
            ByteArrayOutputStream around = new ByteArrayOutputStream();
            around.writeBytes(new byte[] {(byte) 0x92, 0x01});
            for (int left = ticket.length; ; left >>>= 7) {
                around.write(left < 0x80 ? left : (left & 0x7f) | 0x80);
                if (left < 0x80) {
                    break;
                }
            }
            around.writeBytes(ticket);
            ticket = around.toByteArray();
        }
        return HexFormat.of().formatHex(ticket);
    }

    @Test
    void everyDamagedValueBecomesAnExampleOrARejection() {
        register();
        ExampleParser parser = parser(TICKETS);
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] good = HexFormat.of().parseHex(TICKET);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = new byte[random.nextInt(4) == 0 ? random.nextInt(5, good.length) : good.length];
            System.arraycopy(good, 0, damaged, 0, damaged.length);
            for (int changes = random.nextInt(1, 4); changes > 0 && damaged.length > 5; changes--) {
                damaged[random.nextInt(5, damaged.length)] = (byte) random.nextInt(256);
            }
            Parsed parsed = parser.parse(damaged, new RecordHeaders(), NOW);
            refused += parsed instanceof Parsed.Rejected ? 1 : 0;
        }
        assertThat(refused).as("seed %d", seed).isBetween(1, 19_999);
    }

    private void register() {
        registry.put("/schemas/ids/2", "PROTOBUF", resource("crm/ticket.proto"), "crm/who.proto", "who");
        registry.put("/subjects/who/versions/1", "PROTOBUF", resource("crm/who.proto"));
    }

    private static FileDescriptor file() throws Unfit {
        return ProtobufFiles.link(resource("crm/ticket.proto"), Map.of("crm/who.proto", resource("crm/who.proto")));
    }

    private static ProtobufValues decoder() throws Unfit {
        return ProtobufValues.of(resource("crm/ticket.proto"), Map.of("crm/who.proto", resource("crm/who.proto")));
    }

    private ExampleParser parser(FieldMapping mapping) {
        return new ExampleParser(
                IngestSettings.of("unused:1", Path.of("unused"), Set.of("support"))
                        .with(new TopicFormat(mapping, registry.address(null, Duration.ofSeconds(20)))),
                TextProbe.ANY);
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(ProtobufValuesTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] framed(int id, String hex) {
        byte[] rest = HexFormat.of().parseHex(hex);
        return ByteBuffer.allocate(5 + rest.length)
                .put((byte) 0)
                .putInt(id)
                .put(rest)
                .array();
    }

    private static LabelledExample accepted(ExampleParser parser, byte[] value) {
        Parsed parsed = parser.parse(value, new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Accepted.class);
        return ((Parsed.Accepted) parsed).example();
    }

    private static String rejected(ExampleParser parser, byte[] value) {
        Parsed parsed = parser.parse(value, new RecordHeaders(), NOW);
        assertThat(parsed).isInstanceOf(Parsed.Rejected.class);
        return ((Parsed.Rejected) parsed).rejection().detail();
    }
}
