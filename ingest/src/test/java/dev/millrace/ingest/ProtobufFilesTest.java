package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Schemas that are made of texts, compared with what protoc made of the same texts. */
class ProtobufFilesTest {

    static Stream<FileDescriptor> googles() {
        return Stream.of(
                AnyProto.getDescriptor(),
                ApiProto.getDescriptor(),
                DescriptorProtos.getDescriptor(),
                FieldMaskProto.getDescriptor(),
                StructProto.getDescriptor(),
                TimestampProto.getDescriptor(),
                TypeProto.getDescriptor(),
                WrappersProto.getDescriptor());
    }

    @ParameterizedTest
    @MethodSource("googles")
    void readsAFileOfGooglesAsProtocDoes(FileDescriptor file) throws Unfit, IOException {
        try (InputStream in = Objects.requireNonNull(FileDescriptor.class.getResourceAsStream("/" + file.getName()))) {
            FileDescriptor read = ProtobufFiles.link(new String(in.readAllBytes(), UTF_8), Map.of());
            assertThat(shown(read)).isNotEmpty().isEqualTo(shown(file));
        }
    }

    @Test
    void readsATextAsProtocReadIt() throws Unfit {
        FileDescriptor read = ticket("proto");
        assertThat(shown(read)).hasSizeGreaterThan(25).isEqualTo(shown(ticket("base64")));
    }

    @Test
    void doesWithoutWhatIsImportedForOptionsAlone() throws Unfit {
        FileDescriptor read = ProtobufFiles.link("""
                syntax = "proto3";
                import "confluent/meta.proto";
                option (confluent.file_meta).doc = "of a shop";
                message Order {
                  option (confluent.message_meta).doc = "one";
                  string text = 1 [(confluent.field_meta) = {doc: "what", params: [{value: "v", key: "k"}]}, deprecated = true];
                }
                """, Map.of());
        assertThat(shown(read)).containsExactly("Order", "Order.text 1 STRING optional null null");
    }

    private static FileDescriptor ticket(String registered) throws Unfit {
        return ProtobufFiles.link(
                ProtobufValuesTest.resource("crm/ticket." + registered),
                Map.of("crm/who.proto", ProtobufValuesTest.resource("crm/who." + registered)));
    }

    /** All that matters to a reader. */
    private static List<String> shown(FileDescriptor file) {
        List<String> shown = new ArrayList<>();
        file.getMessageTypes().forEach(message -> show(message, shown));
        file.getEnumTypes().forEach(enumeration -> show(enumeration, shown));
        return shown.stream().sorted().toList();
    }

    private static void show(Descriptor message, List<String> shown) {
        shown.add(message.getFullName());
        for (FieldDescriptor field : message.getFields()) {
            OneofDescriptor one = field.getContainingOneof();
            shown.add(field.getFullName() + " " + field.getNumber() + " " + field.getType() + " "
                    + (field.isMapField() ? "map" : field.isRepeated() ? "repeated" : "optional")
                    + (field.hasPresence() ? " present" : "")
                    + (field.isRequired() ? " required" : "")
                    + (field.hasDefaultValue() ? " = " + field.getDefaultValue() : "") + " "
                    + (one == null ? null : one.getName()) + " "
                    + switch (field.getJavaType()) {
                        case MESSAGE -> field.getMessageType().getFullName();
                        case ENUM -> field.getEnumType().getFullName();
                        default -> null;
                    });
        }
        message.getNestedTypes().forEach(nested -> show(nested, shown));
        message.getEnumTypes().forEach(enumeration -> show(enumeration, shown));
    }

    private static void show(EnumDescriptor enumeration, List<String> shown) {
        enumeration.getValues().forEach(value -> shown.add(value.getFullName() + " = " + value.getNumber()));
    }
}
