package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** What {@code openapi.json} promises, to hold real answers against. */
final class ApiDescription {

    private final JsonNode document;
    private final Map<JsonNode, Schema> schemas = new ConcurrentHashMap<>();
    private final SchemaRegistry dialect = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    ApiDescription() throws IOException {
        try (InputStream in = Objects.requireNonNull(RegistryApi.class.getResourceAsStream("openapi.json"))) {
            document = new ObjectMapper().readTree(in);
        }
    }

    /** Each operation as {@code GET /api/v1/models}. */
    Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> operations.add(
                                method.toUpperCase(Locale.ROOT) + " " + RegistryApi.ROOT + path.getKey())));
        return operations;
    }

    /** Fails unless the document has the operation, the status, the type and the shape of an answer. */
    void require(String method, String path, int status, String type, String body) throws IOException {
        Optional<JsonNode> operation = operation(method, path);
        if (operation.isEmpty()) {
            assertThat(status).as(method + " " + path).isIn(404, 405, 400);
            requireValid(at("/components/schemas/Problem"), body);
            return;
        }
        JsonNode answer = resolved(operation.get().path("responses").path(Integer.toString(status)));
        assertThat(answer.isMissingNode())
                .as(status + " of " + method + " " + path + " is documented")
                .isFalse();
        if (answer.has("content")) {
            JsonNode content = answer.get("content").path(type.replaceFirst(";.*", ""));
            assertThat(content.has("schema"))
                    .as(type + " of " + method + " " + path + " is documented")
                    .isTrue();
            requireValid(content.get("schema"), body);
        } else {
            assertThat(body).isEmpty();
        }
    }

    private void requireValid(JsonNode schema, String body) throws IOException {
        assertThat(schemas.computeIfAbsent(schema, this::compile).validate(new ObjectMapper().readTree(body)))
                .as(body)
                .isEmpty();
    }

    private Schema compile(JsonNode schema) {
        ObjectNode whole = JsonNodeFactory.instance.objectNode();
        whole.putArray("allOf").add(schema);
        whole.set("components", document.get("components"));
        return dialect.getSchema(whole);
    }

    private Optional<JsonNode> operation(String method, String path) {
        return document.get("paths").properties().stream()
                .filter(entry -> Pattern.matches(
                        RegistryApi.ROOT + entry.getKey().replaceAll("\\{[a-z]+}", "[^/]+"),
                        path.replaceFirst("\\?.*", "")))
                .map(entry -> entry.getValue().path(method.toLowerCase(Locale.ROOT)))
                .filter(JsonNode::isObject)
                .findFirst();
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? at(node.get("$ref").asText().substring(1)) : node;
    }

    private JsonNode at(String pointer) {
        return document.at(pointer);
    }
}
