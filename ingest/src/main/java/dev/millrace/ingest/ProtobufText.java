package dev.millrace.ingest;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.squareup.wire.Syntax;
import com.squareup.wire.schema.Field;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.ProtoType;
import com.squareup.wire.schema.internal.parser.EnumElement;
import com.squareup.wire.schema.internal.parser.FieldElement;
import com.squareup.wire.schema.internal.parser.MessageElement;
import com.squareup.wire.schema.internal.parser.OneOfElement;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.ProtoParser;
import com.squareup.wire.schema.internal.parser.TypeElement;
import java.util.List;
import java.util.Locale;

/**
 * The text of a {@code .proto} file as the descriptor that protoc would make of it, as far as a reader of values needs one:
 * without options, services and extensions. Types have the names that the text has for them, which are resolved when the
 * descriptor is linked.
 */
final class ProtobufText {

    private final boolean proto3;

    private ProtobufText(boolean proto3) {
        this.proto3 = proto3;
    }

    /**
     * Parses a file.
     *
     * @param name by which other files import it
     * @throws Unfit if it has a group
     * @throws RuntimeException if it is no file of Protobuf, or has an edition in the place of proto2 or proto3
     */
    static FileDescriptorProto parse(String name, String text) throws Unfit {
        ProtoFileElement file = ProtoParser.Companion.parse(Location.get(name), text);
        Syntax syntax = file.getSyntax() == null ? Syntax.PROTO_2 : file.getSyntax();
        FileDescriptorProto.Builder made = FileDescriptorProto.newBuilder()
                .setName(name)
                .setSyntax(syntax.toString())
                .addAllDependency(file.getImports())
                .addAllDependency(file.getWeakImports());
        if (file.getPackageName() != null) {
            made.setPackage(file.getPackageName());
        }
        for (String path : file.getPublicImports()) {
            made.addPublicDependency(made.getDependencyCount()).addDependency(path);
        }
        ProtobufText types = new ProtobufText(syntax.equals(Syntax.PROTO_3));
        for (TypeElement type : file.getTypes()) {
            if (type instanceof MessageElement message) {
                made.addMessageType(types.message(message));
            } else if (type instanceof EnumElement enumeration) {
                made.addEnumType(enumeration(enumeration));
            }
        }
        return made.build();
    }

    private DescriptorProto message(MessageElement message) throws Unfit {
        DescriptorProto.Builder made = DescriptorProto.newBuilder().setName(message.getName());
        if (!message.getGroups().isEmpty()) {
            throw group(message);
        }
        for (TypeElement type : message.getNestedTypes()) {
            if (type instanceof MessageElement nested) {
                made.addNestedType(message(nested));
            } else if (type instanceof EnumElement enumeration) {
                made.addEnumType(enumeration(enumeration));
            }
        }
        for (OneOfElement one : message.getOneOfs()) {
            if (!one.getGroups().isEmpty()) {
                throw group(message);
            }
            for (FieldElement field : one.getFields()) {
                made.addField(field(field, made).setOneofIndex(made.getOneofDeclCount()));
            }
            made.addOneofDecl(OneofDescriptorProto.newBuilder().setName(one.getName()));
        }
        // The real ones come first, as protoc has them, and then those that stand for a field that tells its absence.
        for (FieldElement field : message.getFields()) {
            FieldDescriptorProto.Builder plain = field(field, made);
            if (proto3 && field.getLabel() == Field.Label.OPTIONAL) {
                plain.setProto3Optional(true).setOneofIndex(made.getOneofDeclCount());
                made.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + field.getName()));
            }
            made.addField(plain);
        }
        return made.build();
    }

    private static Unfit group(MessageElement message) {
        return new Unfit(new Rejection.Undecodable(
                "the message " + Quote.of(message.getName()) + " of its schema has a group, which cannot be read"));
    }

    private static FieldDescriptorProto.Builder field(FieldElement field, DescriptorProto.Builder owner) {
        ProtoType type = ProtoType.get(field.getType());
        FieldDescriptorProto.Builder made = typed(type.isMap() ? entry(field, type, owner) : field.getType())
                .setName(field.getName())
                .setNumber(field.getTag())
                .setLabel(label(type, field.getLabel()));
        String value = field.getDefaultValue();
        // That of bytes is written in another way, and nobody classifies it.
        if (value != null && made.getType() != FieldDescriptorProto.Type.TYPE_BYTES) {
            made.setDefaultValue(value);
        }
        return made;
    }

    private static FieldDescriptorProto.Label label(ProtoType type, Field.Label label) {
        if (type.isMap() || label == Field.Label.REPEATED) {
            return FieldDescriptorProto.Label.LABEL_REPEATED;
        }
        return label == Field.Label.REQUIRED
                ? FieldDescriptorProto.Label.LABEL_REQUIRED
                : FieldDescriptorProto.Label.LABEL_OPTIONAL;
    }

    private static FieldDescriptorProto.Builder typed(String type) {
        FieldDescriptorProto.Builder made = FieldDescriptorProto.newBuilder();
        return ProtoType.get(type).isScalar()
                ? made.setType(FieldDescriptorProto.Type.valueOf("TYPE_" + type.toUpperCase(Locale.ROOT)))
                : made.setTypeName(type);
    }

    /** A map is a list of messages with a key and a value; their type is declared beside the field. */
    private static String entry(FieldElement field, ProtoType type, DescriptorProto.Builder owner) {
        StringBuilder name = new StringBuilder();
        for (String word : List.of(field.getName().split("_"))) {
            if (!word.isEmpty()) {
                name.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
            }
        }
        name.append("Entry");
        owner.addNestedType(DescriptorProto.newBuilder()
                .setName(name.toString())
                .addField(typed(String.valueOf(type.getKeyType()))
                        .setName("key")
                        .setNumber(1)
                        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL))
                .addField(typed(String.valueOf(type.getValueType()))
                        .setName("value")
                        .setNumber(2)
                        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL))
                .setOptions(MessageOptions.newBuilder().setMapEntry(true)));
        return name.toString();
    }

    private static EnumDescriptorProto enumeration(EnumElement enumeration) {
        EnumDescriptorProto.Builder made = EnumDescriptorProto.newBuilder().setName(enumeration.getName());
        enumeration
                .getConstants()
                .forEach(constant -> made.addValue(EnumValueDescriptorProto.newBuilder()
                        .setName(constant.getName())
                        .setNumber(constant.getTag())));
        return made.build();
    }
}
