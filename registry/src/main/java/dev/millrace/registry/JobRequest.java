package dev.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.registry.Governance.Asked;
import io.javalin.http.Context;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The body that creates a job: {@code {"base": "minilm-l6", "settings": {"batch-size": 8}, "by": "ann", "reason": "…"}}.
 *
 * @param base that it names; null when it was left out
 * @param recipe the settings that it gives, by their names
 * @param asked by whom, and why
 */
record JobRequest(@Nullable String base, Map<String, String> recipe, Asked asked) {

    private static final int MAX_BASE = 200;

    /**
     * Reads a body.
     *
     * @throws Problem 413, 415, 400 when it is not JSON, 422 when it is not what creates a job
     */
    static JobRequest read(Context context) {
        JsonNode body = VerbRequest.body(context);
        VerbRequest.requireFields(body, Set.of("base", "settings"));
        return new JobRequest(
                body.has("base") ? VerbRequest.text(body, "base", MAX_BASE) : null,
                recipe(body.path("settings")),
                VerbRequest.asked(body));
    }

    private static Map<String, String> recipe(JsonNode settings) {
        if (!settings.isMissingNode() && !settings.isObject()) {
            throw new Problem(422, "\"settings\" must be a JSON object of names and values");
        }
        Map<String, String> recipe = new TreeMap<>();
        settings.properties().forEach(setting -> {
            JsonNode value = setting.getValue();
            if (value.isNull() || value.isContainerNode()) {
                throw new Problem(422, "the setting " + setting.getKey() + " must be a text, a number, true or false");
            }
            recipe.put(setting.getKey(), value.asText());
        });
        return recipe;
    }
}
