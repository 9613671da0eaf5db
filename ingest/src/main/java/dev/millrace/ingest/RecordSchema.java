package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;

/**
 * The JSON Schema of a kind of record, which is published in {@code docs/schema}, with what the settings add to it: it alone
 * says which records are refused for their shape.
 *
 * <p>Asking it takes longer than all else that is done with a record. So what a record must be to obey for certain is read
 * from it once, as {@link PlainField plain checks}; the schema is asked about the records that do not pass them. Thread-safe.
 */
final class RecordSchema {

    /** The kinds of records. */
    static final List<String> KINDS = List.of("labelled-example", "input", "label");

    private final List<String> fields;
    private final Set<String> models;
    private final Schema schema;
    private final List<PlainField> plain;

    private RecordSchema(ObjectNode document, Set<String> models) {
        this.models = models;
        this.schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(document);
        this.plain = PlainField.all(document);
        List<String> names = new ArrayList<>();
        document.path("properties").fieldNames().forEachRemaining(names::add);
        this.fields = List.copyOf(names);
    }

    /**
     * The schema that holds under some settings.
     *
     * @param kind of record, one of {@link #KINDS}
     * @param models that are known
     * @param maxTextCharacters the longest text admitted, in Unicode characters
     */
    static RecordSchema of(String kind, KnownModels models, int maxTextCharacters) {
        return of(published(kind), models, maxTextCharacters);
    }

    /**
     * The schema for records of a model that the settings do not name, and that is known all the same.
     *
     * @param kind of record, one of {@link #KINDS}
     * @param maxTextCharacters the longest text admitted, in Unicode characters
     */
    static RecordSchema ofAnyModel(String kind, int maxTextCharacters) {
        return new RecordSchema(limited(published(kind), maxTextCharacters), Set.of());
    }

    private static ObjectNode limited(ObjectNode published, int maxTextCharacters) {
        ObjectNode document = published.deepCopy();
        if (document.at("/properties/text") instanceof ObjectNode text) {
            text.put("maxLength", maxTextCharacters);
        }
        return document;
    }

    static RecordSchema of(ObjectNode published, KnownModels models, int maxTextCharacters) {
        ObjectNode document = limited(published, maxTextCharacters);
        ArrayNode known = ((ObjectNode) document.at("/properties/model")).putArray("enum");
        models.all().forEach(known::add);
        if (models.unnamed() == null) {
            ((ArrayNode) document.get("required")).add("model");
            ((ObjectNode) document.at("/properties/model")).put("type", "string");
        } else {
            known.addNull();
        }
        return new RecordSchema(document, models.all());
    }

    /** The schema of a kind of record as it is published. */
    static ObjectNode published(String kind) {
        String resource = kind + ".schema.json";
        try (InputStream in = RecordSchema.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + resource + " is missing");
            }
            return (ObjectNode) JsonTree.MAPPER.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + resource + " cannot be read", e);
        }
    }

    /**
     * The fields of a record that obeys.
     *
     * @param value in JSON
     * @param headers that may say in the manner of CloudEvents what the value does not say
     * @throws Unfit with the first rule that it breaks
     */
    JsonFields read(byte[] value, Headers headers) throws Unfit {
        return read(value, headers, found -> this);
    }

    /** The same, where it may be for another schema with the same fields to judge. */
    JsonFields read(byte[] value, Headers headers, Function<JsonFields, RecordSchema> judge) throws Unfit {
        JsonFields found = JsonFields.read(value, fields);
        CloudEvents.complete(found, headers);
        RecordSchema its = judge.apply(found);
        if (!its.isPlainlyObeyed(found)) {
            ObjectNode whole = (ObjectNode) JsonTree.read(value);
            found.fillIn(whole);
            its.require(whole);
        }
        return found;
    }

    /** The same for a record that is a tree already. */
    JsonFields read(ObjectNode record, Headers headers, Function<JsonFields, RecordSchema> judge) throws Unfit {
        JsonFields found = JsonFields.of(record, fields);
        CloudEvents.complete(found, headers);
        RecordSchema its = judge.apply(found);
        if (!its.isPlainlyObeyed(found)) {
            found.fillIn(record);
            its.require(record);
        }
        return found;
    }

    /** Whether a record obeys for certain; where it does not, it may obey all the same, and the schema knows. */
    private boolean isPlainlyObeyed(JsonFields record) {
        for (int i = 0; i < plain.size(); i++) {
            if (!plain.get(i).isObeyed(record.at(i))) {
                return false;
            }
        }
        return true;
    }

    private void require(JsonNode record) throws Unfit {
        List<Breach> breaches = schema.validate(record).stream()
                .map(error -> Breach.of(error, record))
                .sorted(Breach.order(fields))
                .toList();
        if (!breaches.isEmpty()) {
            throw new Unfit(breaches.get(0).rejection(models));
        }
    }
}
