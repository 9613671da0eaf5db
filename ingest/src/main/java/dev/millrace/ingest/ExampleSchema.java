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

/**
 * The JSON Schema of the labelled example, which is published as {@code docs/schema/labelled-example.schema.json}, with
 * what the settings add to it: it alone says which records are refused for their shape.
 *
 * <p>Asking it takes longer than all else that is done with a record. So what a record must be to obey for certain is read
 * from it once, as {@link PlainField plain checks}; the schema is asked about the records that do not pass them. Thread-safe.
 */
final class ExampleSchema {

    private static final String RESOURCE = "labelled-example.schema.json";

    private final List<String> fields;
    private final Set<String> models;
    private final Schema schema;
    private final List<PlainField> plain;

    private ExampleSchema(ObjectNode document, Set<String> models) {
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
     * @param models that are known
     * @param maxTextCharacters the longest text admitted, in Unicode characters
     */
    static ExampleSchema of(KnownModels models, int maxTextCharacters) {
        return of(published(), models, maxTextCharacters);
    }

    /**
     * The schema for examples of a model that the settings do not name, and that is known all the same.
     *
     * @param maxTextCharacters the longest text admitted, in Unicode characters
     */
    static ExampleSchema ofAnyModel(int maxTextCharacters) {
        return new ExampleSchema(limited(published(), maxTextCharacters), Set.of());
    }

    private static ObjectNode limited(ObjectNode published, int maxTextCharacters) {
        ObjectNode document = published.deepCopy();
        ((ObjectNode) document.at("/properties/text")).put("maxLength", maxTextCharacters);
        return document;
    }

    static ExampleSchema of(ObjectNode published, KnownModels models, int maxTextCharacters) {
        ObjectNode document = limited(published, maxTextCharacters);
        ArrayNode known = ((ObjectNode) document.at("/properties/model")).putArray("enum");
        models.all().forEach(known::add);
        if (models.unnamed() == null) {
            ((ArrayNode) document.get("required")).add("model");
            ((ObjectNode) document.at("/properties/model")).put("type", "string");
        } else {
            known.addNull();
        }
        return new ExampleSchema(document, models.all());
    }

    /** The schema as it is published. */
    static ObjectNode published() {
        try (InputStream in = ExampleSchema.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing");
            }
            return (ObjectNode) JsonTree.MAPPER.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + RESOURCE + " cannot be read", e);
        }
    }

    /** The names of the fields that it speaks of. */
    List<String> fields() {
        return fields;
    }

    /**
     * Whether an example obeys for certain.
     *
     * @param example its fields, those of {@link #fields()} in their order
     * @return false when it may obey all the same; the schema knows
     */
    boolean isPlainlyObeyed(JsonFields example) {
        for (int i = 0; i < plain.size(); i++) {
            if (!plain.get(i).isObeyed(example.at(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Asks the schema.
     *
     * @param example as JSON
     * @throws Unfit with the first rule that it breaks
     */
    void require(JsonNode example) throws Unfit {
        List<Breach> breaches = schema.validate(example).stream()
                .map(error -> Breach.of(error, example))
                .sorted(Breach.order(fields))
                .toList();
        if (!breaches.isEmpty()) {
            throw new Unfit(breaches.get(0).rejection(models));
        }
    }
}
