package dev.millrace.app;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.registry.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What {@code POST /v1/score} is asked: {@code {"text": "…"}} or {@code {"texts": ["…", …]}}, and optionally
 * {@code "top"} and {@code "model"}.
 *
 * @param texts at least one, none blank
 * @param top how many labels to rank
 * @param model which model, or null for the only one
 */
record ScoreRequest(List<String> texts, int top, @Nullable String model) {

    static final int MAX_TEXTS = 256;
    private static final int MAX_TOP = 1000;
    private static final int DEFAULT_TOP = 3;
    private static final Set<String> FIELDS = Set.of("text", "texts", "top", "model");

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    ScoreRequest {
        texts = List.copyOf(texts);
    }

    /**
     * Reads a request.
     *
     * @param body JSON in UTF-8
     * @param maxTextCharacters of one text
     * @return the request
     * @throws Problem with status 400 and what is wrong
     */
    static ScoreRequest parse(byte[] body, int maxTextCharacters) {
        JsonNode request = json(body);
        if (!request.isObject()) {
            throw new Problem(400, "the body must be a JSON object such as {\"text\": \"where is my parcel?\"}");
        }
        request.fieldNames().forEachRemaining(field -> {
            if (!FIELDS.contains(field)) {
                throw new Problem(
                        400,
                        "there is no field \"" + field + "\"; the fields are "
                                + String.join(", ", new TreeSet<>(FIELDS)));
            }
        });
        return new ScoreRequest(texts(request, maxTextCharacters), top(request), model(request));
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " (line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ")";
            throw new Problem(400, "the body must be JSON: " + e.getOriginalMessage() + where);
        } catch (IOException e) {
            throw new Problem(400, "the body must be JSON in UTF-8: " + e.getMessage());
        }
    }

    private static List<String> texts(JsonNode request, int maxTextCharacters) {
        JsonNode one = request.get("text");
        JsonNode many = request.get("texts");
        if ((one == null) == (many == null)) {
            throw new Problem(400, "there must be either \"text\", a string, or \"texts\", a list of strings");
        }
        List<String> texts = new ArrayList<>();
        if (one != null) {
            texts.add(text("text", one, maxTextCharacters));
        } else if (many == null || !many.isArray() || many.isEmpty() || many.size() > MAX_TEXTS) {
            throw new Problem(
                    400,
                    "\"texts\" must be a list of 1 to " + MAX_TEXTS + " strings"
                            + (many != null && many.isArray() ? ", but has " + many.size() : ""));
        } else {
            for (int i = 0; i < many.size(); i++) {
                texts.add(text("texts[" + i + "]", many.get(i), maxTextCharacters));
            }
        }
        return texts;
    }

    private static String text(String name, JsonNode node, int maxTextCharacters) {
        if (!node.isTextual() || node.textValue().isBlank()) {
            throw new Problem(400, "\"" + name + "\" must be a string that is not blank");
        }
        String text = node.textValue();
        if (text.length() > maxTextCharacters) {
            throw new Problem(
                    400,
                    "\"" + name + "\" must have at most " + maxTextCharacters + " characters, but has "
                            + text.length());
        }
        return text;
    }

    private static int top(JsonNode request) {
        JsonNode top = request.path("top");
        if (top.isMissingNode()) {
            return DEFAULT_TOP;
        }
        if (!top.isInt() || top.intValue() < 1 || top.intValue() > MAX_TOP) {
            throw new Problem(400, "\"top\" must be a whole number from 1 to " + MAX_TOP);
        }
        return top.intValue();
    }

    private static @Nullable String model(JsonNode request) {
        JsonNode model = request.path("model");
        if (!model.isMissingNode() && !model.isTextual()) {
            throw new Problem(400, "\"model\" must be a string");
        }
        return model.textValue();
    }
}
