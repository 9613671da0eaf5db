package dev.millrace.registry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.registry.Governance.Asked;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The body of a change: {@code {"version": 12, "alias": "champion", "by": "ann", "reason": "…"}}.
 *
 * @param version a number, an alias or {@code latest}; null when it was left out
 * @param alias which alias
 * @param asked by whom, and why
 */
record VerbRequest(@Nullable String version, String alias, Asked asked) {

    private static final int MAX_BODY_BYTES = 16 * 1024;
    private static final int MAX_BY = 200;
    private static final int MAX_REASON = 2000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * Reads a body.
     *
     * @param context of the request
     * @param known the fields that the verb has beside {@code by} and {@code reason}
     * @throws Problem 413, 415, 400 when it is not JSON, 422 when it is not what the verb wants
     */
    static VerbRequest read(Context context, Set<String> known) {
        return of(body(context), known);
    }

    /**
     * Reads fields that came otherwise than as JSON, by the same rules.
     *
     * @param fields by name
     * @param known the fields that the verb has beside {@code by} and {@code reason}
     * @throws Problem 422 when they are not what the verb wants
     */
    static VerbRequest of(Map<String, String> fields, Set<String> known) {
        return of(MAPPER.<JsonNode>valueToTree(fields), known);
    }

    private static VerbRequest of(JsonNode body, Set<String> known) {
        requireFields(body, known);
        String alias = body.has("alias") ? text(body, "alias", MAX_BY) : Alias.CHAMPION;
        return new VerbRequest(version(body), name(alias), asked(body));
    }

    /** By whom, and why. */
    static Asked asked(JsonNode body) {
        return new Asked(text(body, "by", MAX_BY), text(body, "reason", MAX_REASON));
    }

    /** Refuses what has other fields than are known, and {@code by} and {@code reason}. */
    static void requireFields(JsonNode body, Set<String> known) {
        if (!body.isObject()) {
            throw new Problem(422, "the body must be a JSON object with \"by\" and \"reason\"");
        }
        Set<String> fields = new TreeSet<>(known);
        fields.add("by");
        fields.add("reason");
        body.fieldNames().forEachRemaining(field -> {
            if (!fields.contains(field)) {
                throw new Problem(
                        422, "there is no field \"" + field + "\"; the fields are " + String.join(", ", fields));
            }
        });
    }

    /**
     * The body, in JSON.
     *
     * @throws Problem 413, 415, 400 when it is not JSON
     */
    static JsonNode body(Context context) {
        String type = context.contentType();
        // A page elsewhere can send forms and plain text without asking, but not this.
        if (type == null || !type.matches("(?i)application/json\\s*(;.*)?")) {
            throw new Problem(415, "send JSON with Content-Type: application/json");
        }
        try {
            byte[] bytes = context.bodyInputStream().readNBytes(MAX_BODY_BYTES + 1);
            if (bytes.length > MAX_BODY_BYTES) {
                throw new Problem(413, "the body must have at most " + MAX_BODY_BYTES + " bytes");
            }
            return MAPPER.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new Problem(400, "the body must be JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new Problem(400, "the body could not be read: " + e.getMessage());
        }
    }

    private static @Nullable String version(JsonNode body) {
        JsonNode version = body.path("version");
        if (version.isMissingNode()) {
            return null;
        }
        if (version.isIntegralNumber() || version.isTextual()) {
            return name(version.asText());
        }
        throw new Problem(422, "\"version\" must be a number, an alias or \"latest\"");
    }

    private static String name(String text) {
        if (!RegistryKey.NAME_PATTERN.matcher(text).matches()) {
            throw new Problem(422, "a version or an alias must match " + RegistryKey.NAME);
        }
        return text;
    }

    /** A text that must be there. */
    static String text(JsonNode body, String field, int most) {
        String text = body.path(field).asText("");
        boolean readable = body.path(field).isTextual()
                && !text.isBlank()
                && text.length() <= most
                && text.chars().noneMatch(Character::isISOControl);
        if (!readable) {
            throw new Problem(
                    422, "\"" + field + "\" must be a text of 1 to " + most + " characters without control characters");
        }
        return text;
    }
}
