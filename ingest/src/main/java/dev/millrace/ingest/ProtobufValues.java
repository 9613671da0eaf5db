package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Values in Protobuf's binary form: which message of the schema it is, as a path of places, and the message.
 *
 * <p>Fields that the schema does not have are not kept. Protobuf's own reader believes no length that is larger than the
 * value, and no message within more than a hundred others.
 */
final class ProtobufValues implements ValueDecoder {

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
            Descriptor message = message(path(frame));
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

    /** Where the message is declared: a place in the file, then a place in each message around it. */
    private static List<Integer> path(CodedInputStream frame) throws IOException {
        List<Integer> path = new ArrayList<>();
        for (int left = frame.readSInt32(); left > 0; left--) {
            path.add(frame.readSInt32());
        }
        return path.isEmpty() ? List.of(0) : path;
    }

    private Descriptor message(List<Integer> path) throws Unfit {
        List<Descriptor> declared = schema.getMessageTypes();
        Descriptor message = null;
        for (int place : path) {
            if (place < 0 || place >= declared.size()) {
                message = null;
                break;
            }
            message = declared.get(place);
            declared = message.getNestedTypes();
        }
        if (message == null) {
            throw new Unfit(new Rejection.Undecodable("it says that it is the message " + Quote.bare(path.toString())
                    + " of its schema, which has none there"));
        }
        return message;
    }
}
