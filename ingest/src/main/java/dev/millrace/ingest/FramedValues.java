package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Values that carry the id of their schema in front, as Confluent's serializers and those compatible with them write them: a
 * byte 0, four bytes of id, and what the schema's format has. Thread-safe.
 */
final class FramedValues {

    private static final byte MAGIC = 0;
    private static final int FRAME = 1 + Integer.BYTES;
    private static final int MOST_KEPT = 1000;
    private static final long UNKNOWN_FOR_NANOS = 10_000_000_000L;

    private final RegisteredSchemas schemas;
    private final LongSupplier nanoTicker;
    private final Map<Integer, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Known> eldest) {
            return size() > MOST_KEPT;
        }
    };

    FramedValues(RegisteredSchemas schemas, LongSupplier nanoTicker) {
        this.schemas = schemas;
        this.nanoTicker = nanoTicker;
    }

    /** What is known of an id: how to decode its values, or since when there is no way to. */
    private sealed interface Known {

        record Decodable(ValueDecoder decoder) implements Known {}

        record Not(Rejection rejection, long sinceNanos) implements Known {}
    }

    /** Whether a value has a frame; no JSON begins like that. */
    static boolean isFramed(byte[] value) {
        return value.length > 0 && value[0] == MAGIC;
    }

    /**
     * Decodes a value, after it has asked for its schema if it must.
     *
     * @param value with its frame
     * @return what it says
     * @throws Unfit if it cannot be decoded
     * @throws SchemaRegistryAwayException when the registry does not answer
     */
    JsonNode decode(byte[] value) throws Unfit {
        if (value.length < FRAME) {
            throw new Unfit(new Rejection.Undecodable("it begins with a byte 0, but has no id of a schema"));
        }
        return decoder(ByteBuffer.wrap(value).getInt(1)).decode(value, FRAME);
    }

    // Whoever finds an id unknown asks while the others wait: they would ask the same.
    private synchronized ValueDecoder decoder(int id) throws Unfit {
        Known last = known.get(id);
        if (last == null
                || (last instanceof Known.Not not && nanoTicker.getAsLong() - not.sinceNanos() > UNKNOWN_FOR_NANOS)) {
            last = ask(id);
            known.put(id, last);
        }
        if (last instanceof Known.Decodable decodable) {
            return decodable.decoder();
        }
        throw new Unfit(((Known.Not) last).rejection());
    }

    private Known ask(int id) {
        try {
            return new Known.Decodable(decoder(id, schemas.schema(id)));
        } catch (Unfit unfit) {
            return new Known.Not(unfit.rejection(), nanoTicker.getAsLong());
        }
    }

    private static ValueDecoder decoder(int id, Optional<RegisteredSchemas.Registered> found) throws Unfit {
        if (found.isEmpty()) {
            throw new Unfit(
                    new Rejection.Undecodable("the schema registry has no schema " + Integer.toUnsignedString(id)));
        }
        RegisteredSchemas.Registered schema = found.get();
        return switch (schema.type()) {
            case "AVRO" ->
                AvroValues.of(schema.schema(), List.copyOf(schema.references().values()));
            case "PROTOBUF" -> ProtobufValues.of(schema.schema(), schema.references());
            case "JSON" -> JsonTree::read;
            default ->
                throw new Unfit(new Rejection.Undecodable(
                        "its schema is of the type " + Quote.of(schema.type()) + ", which cannot be read"));
        };
    }
}
