package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/**
 * A message of Protobuf as JSON, with the names of its schema.
 *
 * <p>Enumerations are text, or a number where the schema has no name for it; bytes are Base64. A timestamp is ISO-8601, a
 * wrapper is what is in it, and a struct is the JSON that it says.
 *
 * <p>A field that does not tell its absence counts as absent when it is 0, empty, or a value whose name says that nobody
 * specified it; false and other names for 0 are values.
 */
final class ProtobufTree {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String UNSPECIFIED = "UNSPECIFIED";

    private ProtobufTree() {}

    static JsonNode of(Message message) {
        Descriptor type = message.getDescriptorForType();
        return switch (type.getFullName()) {
            case "google.protobuf.Timestamp" -> moment(message, type);
            case "google.protobuf.DoubleValue",
                    "google.protobuf.FloatValue",
                    "google.protobuf.Int64Value",
                    "google.protobuf.UInt64Value",
                    "google.protobuf.Int32Value",
                    "google.protobuf.UInt32Value",
                    "google.protobuf.BoolValue",
                    "google.protobuf.StringValue",
                    "google.protobuf.BytesValue",
                    "google.protobuf.Struct",
                    "google.protobuf.ListValue" -> field(message, type.findFieldByNumber(1));
            case "google.protobuf.Value" -> {
                FieldDescriptor set =
                        message.getOneofFieldDescriptor(type.getOneofs().get(0));
                yield set == null || set.getNumber() == 1 ? JSON.nullNode() : field(message, set);
            }
            default -> object(message, type);
        };
    }

    private static ObjectNode object(Message message, Descriptor type) {
        ObjectNode object = JSON.objectNode();
        for (FieldDescriptor field : type.getFields()) {
            if (isThere(message, field)) {
                object.set(field.getName(), field(message, field));
            }
        }
        return object;
    }

    private static boolean isThere(Message message, FieldDescriptor field) {
        if (field.isRepeated()) {
            return message.getRepeatedFieldCount(field) > 0;
        }
        if (field.hasPresence()) {
            return message.hasField(field) || field.hasDefaultValue();
        }
        return switch (field.getJavaType()) {
            case BOOLEAN -> true;
            case ENUM ->
                !(message.getField(field) instanceof EnumValueDescriptor value
                        && value.getNumber() == 0
                        && value.getName().endsWith(UNSPECIFIED));
            default -> message.hasField(field);
        };
    }

    private static JsonNode field(Message message, FieldDescriptor field) {
        Object value = message.getField(field);
        if (field.isMapField()) {
            ObjectNode object = JSON.objectNode();
            for (Object entry : (List<?>) value) {
                Descriptor type = ((Message) entry).getDescriptorForType();
                object.set(
                        field((Message) entry, type.findFieldByNumber(1)).asText(),
                        field((Message) entry, type.findFieldByNumber(2)));
            }
            return object;
        }
        if (field.isRepeated()) {
            ArrayNode array = JSON.arrayNode();
            ((List<?>) value).forEach(element -> array.add(single(field, element)));
            return array;
        }
        return single(field, value);
    }

    private static JsonNode single(FieldDescriptor field, Object value) {
        return switch (field.getType()) {
            case MESSAGE, GROUP -> of((Message) value);
            case ENUM -> enumeration((EnumValueDescriptor) value);
            case STRING -> JSON.textNode((String) value);
            case BYTES -> JSON.textNode(Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()));
            case BOOL -> JSON.booleanNode((Boolean) value);
            case DOUBLE -> JsonTree.number((Double) value);
            case FLOAT -> JsonTree.number((Float) value);
            case UINT32, FIXED32 -> JSON.numberNode(Integer.toUnsignedLong((Integer) value));
            case UINT64, FIXED64 -> JSON.numberNode(new BigInteger(Long.toUnsignedString((Long) value)));
            case INT32, SINT32, SFIXED32 -> JSON.numberNode((Integer) value);
            case INT64, SINT64, SFIXED64 -> JSON.numberNode((Long) value);
        };
    }

    /** A number that the schema has no name for is given one by the library, which must not become a label. */
    private static JsonNode enumeration(EnumValueDescriptor value) {
        return value.getIndex() < 0 ? JSON.numberNode(value.getNumber()) : JSON.textNode(value.getName());
    }

    private static JsonNode moment(Message message, Descriptor type) {
        long seconds = (Long) message.getField(type.findFieldByNumber(1));
        int nanos = (Integer) message.getField(type.findFieldByNumber(2));
        return JSON.textNode(Instant.ofEpochSecond(seconds, nanos).toString());
    }
}
