package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * Values in Avro's binary form.
 *
 * <p>Enumerations are text, bytes are Base64. Moments, dates and decimals become what a person would write: a moment in
 * microseconds or nanoseconds and a date become ISO-8601, a moment in milliseconds stays a number.
 */
final class AvroValues implements ValueDecoder {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Schema schema;

    private AvroValues(Schema schema) {
        this.schema = schema;
    }

    /**
     * A decoder.
     *
     * @param schema as it is registered
     * @param references the schemas whose names it uses, each behind those that it uses itself
     * @throws Unfit if it is no schema
     */
    static AvroValues of(String schema, List<String> references) throws Unfit {
        try {
            Schema.Parser parser = new Schema.Parser();
            references.forEach(parser::parse);
            return new AvroValues(parser.parse(schema));
        } catch (SchemaParseException e) {
            throw new Unfit(new Rejection.Undecodable("its schema is no schema of Avro: " + Quote.bare(e.toString())));
        }
    }

    @Override
    public JsonNode decode(byte[] value, int start) throws Unfit {
        BoundedAvro in = new BoundedAvro(value, start);
        try {
            Object read = new GenericDatumReader<>(schema).read(null, in);
            if (!in.isAtEnd()) {
                throw new Unfit(new Rejection.Undecodable("more follows after the end of the value in Avro"));
            }
            return tree(schema, read);
        } catch (IOException | RuntimeException e) {
            // Whatever the library makes of damaged bytes: they are the producer's affair, and must not stop the
            // stream.
            throw new Unfit(new Rejection.Undecodable("it was not written by its schema: " + Quote.bare(e.toString())));
        } catch (StackOverflowError e) {
            throw new Unfit(new Rejection.Undecodable("it is nested too deeply"));
        }
    }

    private static JsonNode tree(Schema schema, @Nullable Object value) {
        if (value == null) {
            return JSON.nullNode();
        }
        return switch (schema.getType()) {
            case RECORD -> object(schema, (IndexedRecord) value);
            case MAP -> object(schema, (Map<?, ?>) value);
            case ARRAY -> array(schema, (Collection<?>) value);
            case UNION -> tree(schema.getTypes().get(GenericData.get().resolveUnion(schema, value)), value);
            case BYTES -> bytes(schema.getLogicalType(), ((ByteBuffer) value).duplicate());
            case FIXED -> bytes(schema.getLogicalType(), ByteBuffer.wrap(((GenericFixed) value).bytes()));
            case INT -> whole(schema.getLogicalType(), (Integer) value);
            case LONG -> whole(schema.getLogicalType(), (Long) value);
            case FLOAT -> JsonTree.number((Float) value);
            case DOUBLE -> JsonTree.number((Double) value);
            case BOOLEAN -> JSON.booleanNode((Boolean) value);
            case STRING, ENUM -> JSON.textNode(String.valueOf(value));
            case NULL -> JSON.nullNode();
        };
    }

    private static JsonNode object(Schema schema, IndexedRecord found) {
        ObjectNode object = JSON.objectNode();
        for (Schema.Field field : schema.getFields()) {
            object.set(field.name(), tree(field.schema(), found.get(field.pos())));
        }
        return object;
    }

    private static JsonNode object(Schema schema, Map<?, ?> found) {
        ObjectNode object = JSON.objectNode();
        found.forEach((key, value) -> object.set(String.valueOf(key), tree(schema.getValueType(), value)));
        return object;
    }

    private static JsonNode array(Schema schema, Collection<?> found) {
        ArrayNode array = JSON.arrayNode();
        found.forEach(element -> array.add(tree(schema.getElementType(), element)));
        return array;
    }

    private static JsonNode whole(@Nullable LogicalType type, long value) {
        if (type instanceof LogicalTypes.Date) {
            return JSON.textNode(LocalDate.ofEpochDay(value).toString());
        }
        if (type instanceof LogicalTypes.TimestampMicros) {
            return JSON.textNode(Instant.EPOCH.plus(value, ChronoUnit.MICROS).toString());
        }
        if (type instanceof LogicalTypes.TimestampNanos) {
            return JSON.textNode(Instant.EPOCH.plusNanos(value).toString());
        }
        return JSON.numberNode(value);
    }

    private static JsonNode bytes(@Nullable LogicalType type, ByteBuffer found) {
        byte[] bytes = new byte[found.remaining()];
        found.get(bytes);
        if (type instanceof LogicalTypes.Decimal decimal && bytes.length > 0) {
            return JSON.numberNode(new BigDecimal(new BigInteger(bytes), decimal.getScale()));
        }
        return JSON.textNode(Base64.getEncoder().encodeToString(bytes));
    }
}
