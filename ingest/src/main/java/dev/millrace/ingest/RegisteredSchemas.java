package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a schema registry, and asks again while it does not answer. Thread-safe.
 *
 * <p>That a schema does not exist is an answer; that the registry is away, overloaded, refuses us or is something else than
 * a registry is none.
 */
final class RegisteredSchemas {

    private static final Logger LOG = LoggerFactory.getLogger(RegisteredSchemas.class);
    private static final Duration REQUEST = Duration.ofSeconds(3);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final int NOT_FOUND = 404;
    // Confluent's codes for "subject", "version" and "schema not found": a 404 without one comes from somebody else.
    private static final int FIRST_UNKNOWN = 40401;
    private static final int LAST_UNKNOWN = 40403;
    private static final int MOST_REFERENCES = 100;

    private final SchemaRegistry registry;
    private final LongSupplier nanoTicker;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(REQUEST).build();

    RegisteredSchemas(SchemaRegistry registry, LongSupplier nanoTicker) {
        this.nanoTicker = nanoTicker;
        this.registry = registry;
    }

    /**
     * A schema as it is registered.
     *
     * @param type {@code AVRO}, {@code PROTOBUF} or {@code JSON}
     * @param schema its text
     * @param references the texts of the schemas that it uses, by the name it calls them, each behind those it uses itself
     */
    record Registered(String type, String schema, Map<String, String> references) {}

    /**
     * Asks for a schema.
     *
     * @param id of it
     * @return the schema; nothing when there is none of that id
     * @throws SchemaRegistryAwayException when there was no answer in time
     */
    Optional<Registered> schema(int id) {
        Optional<JsonNode> found = ask("/schemas/ids/" + id);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> references = new LinkedHashMap<>();
        collect(found.get(), new HashSet<>(), references);
        return Optional.of(
                new Registered(type(found.get()), found.get().path("schema").asText(), references));
    }

    /** Of what kind a schema is. Apicurio does not say; nor does anybody of one that is Avro's. */
    private static String type(JsonNode registered) {
        JsonNode said = registered.path("schemaType");
        if (said.isTextual()) {
            return said.asText();
        }
        JsonNode schema = json(registered.path("schema").asText());
        if (schema.isMissingNode()) {
            return "PROTOBUF";
        }
        boolean isJsonSchema =
                schema.has("$schema") || schema.path("type").asText().equals("object");
        return isJsonSchema ? "JSON" : "AVRO";
    }

    private void collect(JsonNode schema, Set<String> asked, Map<String, String> references) {
        for (JsonNode reference : schema.path("references")) {
            String name = reference.path("name").asText();
            if (asked.size() >= MOST_REFERENCES || !asked.add(name)) {
                continue;
            }
            String subject = URLEncoder.encode(reference.path("subject").asText(), StandardCharsets.UTF_8)
                    .replace("+", "%20");
            Optional<JsonNode> found = ask("/subjects/" + subject + "/versions/"
                    + reference.path("version").asInt());
            if (found.isPresent()) {
                collect(found.get(), asked, references);
                references.put(name, found.get().path("schema").asText());
            }
        }
    }

    private Optional<JsonNode> ask(String path) {
        long end = nanoTicker.getAsLong() + registry.patience().toNanos();
        for (Duration pause = FIRST_PAUSE; ; pause = pause.multipliedBy(2)) {
            try {
                return answer(path);
            } catch (IOException e) {
                long left = end - nanoTicker.getAsLong();
                if (left <= 0) {
                    throw new SchemaRegistryAwayException(
                            "the schema registry at " + registry.url() + " does not answer " + path
                                    + "; ingest waits for it, and no record is lost: " + e,
                            e);
                }
                LOG.warn(
                        "The schema registry at {} does not answer {}; trying again: {}",
                        registry.url(),
                        path,
                        e.toString());
                pause(Math.min(left, pause.toNanos()));
            }
        }
    }

    private Optional<JsonNode> answer(String path) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(registry.url() + path))
                .timeout(REQUEST)
                .header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        String authorization = registry.authorization();
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        JsonNode body = json(response.body());
        if (response.statusCode() == 200 && body.path("schema").isTextual()) {
            return Optional.of(body);
        }
        int code = body.path("error_code").asInt();
        if (response.statusCode() == NOT_FOUND && code >= FIRST_UNKNOWN && code <= LAST_UNKNOWN) {
            return Optional.empty();
        }
        throw new IOException("it answers " + response.statusCode() + ", as no schema registry that has or has not a"
                + " schema would");
    }

    private static JsonNode json(String body) {
        try {
            return JsonTree.MAPPER.readTree(body);
        } catch (JsonProcessingException noRegistry) {
            return JsonTree.MAPPER.missingNode();
        }
    }

    /** Between two tries at a service that is away; nothing is waited for but the service. An interrupt ends it at once. */
    private static void pause(long nanos) {
        try {
            Thread.sleep(Duration.ofNanos(nanos).toMillis() + 1);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
