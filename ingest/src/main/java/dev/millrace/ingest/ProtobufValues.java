package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Values in Protobuf's binary form: which message of the schema it is, as a path of places (Confluent's serializers) or by
 * its name (Apicurio's), and the message.
 *
 * <p>Fields that the schema does not have are not kept. Protobuf's own reader believes no length that is larger than the
 * value, and no message within more than a hundred others.
 */
final class ProtobufValues implements ValueDecoder {

    /** Of a text in field 1. */
    private static final int NAME_TAG = 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;

    private final FileDescriptor schema;

    private ProtobufValues(FileDescriptor schema) {
        this.schema = schema;
    }

    /**
     * A decoder.
     *
     * @param schema as it is registered
     * @param references the schemas that it imports, each behind those that it imports itself
     * @throws Unfit if it is no schema, or lacks one that it needs
     */
    static ProtobufValues of(String schema, Map<String, String> references) throws Unfit {
        return new ProtobufValues(ProtobufFiles.link(schema, references));
    }

    @Override
    public JsonNode decode(byte[] value, int start) throws Unfit {
        try {
            CodedInputStream frame = CodedInputStream.newInstance(value, start, value.length - start);
            Optional<Descriptor> found = placed(frame);
            if (found.isEmpty()) {
                frame = CodedInputStream.newInstance(value, start, value.length - start);
                found = named(frame);
            }
            Descriptor message = found.orElseThrow(() -> new Unfit(new Rejection.Undecodable(
                    "it says neither by place nor by name which message of its schema it is")));
            int begin = start + frame.getTotalBytesRead();
            return ProtobufTree.of(DiscardUnknownFieldsParser.wrap(
                            DynamicMessage.getDefaultInstance(message).getParserForType())
                    .parseFrom(value, begin, value.length - begin));
        } catch (IOException | RuntimeException e) {
            // Whatever the library makes of damaged bytes: they are the producer's affair, and must not stop the
            // stream.
            throw new Unfit(
                    new Rejection.Undecodable("it was not written by its schema: " + Quote.bare(Quote.problem(e))));
        } catch (StackOverflowError e) {
            throw new Unfit(new Rejection.Undecodable("it is nested too deeply"));
        }
    }

    /** The message by where it is declared: a place in the file, then a place in each message around it. */
    private Optional<Descriptor> placed(CodedInputStream frame) {
        List<Descriptor> declared = schema.getMessageTypes();
        Optional<Descriptor> message = Optional.empty();
        try {
            int places = frame.readSInt32();
            if (places == 0) {
                return declared.stream().findFirst();
            }
            for (int left = places; left > 0; left--) {
                int place = frame.readSInt32();
                if (place < 0 || place >= declared.size()) {
                    return Optional.empty();
                }
                message = Optional.of(declared.get(place));
                declared = declared.get(place).getNestedTypes();
            }
            return message;
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The message by its name, which is the text in field 1 of another message that stands before it, behind its length. */
    private Optional<Descriptor> named(CodedInputStream frame) {
        try {
            String name = "";
            int rest = frame.pushLimit(frame.readRawVarint32());
            for (int tag = frame.readTag(); tag != 0; tag = frame.readTag()) {
                if (tag == NAME_TAG) {
                    name = frame.readString();
                } else {
                    frame.skipField(tag);
                }
            }
            frame.popLimit(rest);
            return Optional.ofNullable(schema.findMessageTypeByName(name));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
