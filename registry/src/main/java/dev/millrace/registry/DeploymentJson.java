package dev.millrace.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.registry.Deployment.State;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/** The JSON of reports in the {@code model-deployments} topic, by the same rules as {@link RegistryJson}. Thread-safe. */
public final class DeploymentJson {

    /** The schema that is written, and the only one that is read. */
    public static final int SCHEMA = 1;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private DeploymentJson() {}

    /**
     * The value of a report, on one line.
     *
     * @param deployment what to write
     * @return its JSON in UTF-8
     */
    public static byte[] write(Deployment deployment) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("schema", SCHEMA)
                .put("model", deployment.model())
                .put("alias", deployment.alias())
                .put("instance", deployment.instance())
                .put("state", deployment.state().name().toLowerCase(Locale.ROOT))
                .put("share", deployment.share());
        if (deployment.version() != null) {
            json.put("version", deployment.version());
        }
        if (deployment.since() != null) {
            json.put("since", deployment.since().toString());
        }
        if (deployment.newest() != null) {
            json.put("newest", deployment.newest());
        }
        json.put("time", deployment.time().toString());
        if (deployment.reason() != null) {
            json.put("reason", deployment.reason());
        }
        if (deployment.successor() != null) {
            json.put("successor", deployment.successor());
        }
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values could not be written as JSON", e);
        }
    }

    /**
     * Reads a report.
     *
     * @param json its value in the topic
     * @return the report
     * @throws RegistryFormatException if it is not the JSON of a report in a schema this reader knows
     */
    public static Deployment read(byte[] json) {
        try {
            JsonFields fields = JsonFields.of(MAPPER.readTree(json), "");
            long schema = fields.integer("schema");
            if (schema != SCHEMA) {
                throw new RegistryFormatException("schema must be " + SCHEMA + ", but is " + schema);
            }
            return new Deployment(
                    fields.text("model"),
                    fields.text("alias"),
                    fields.text("instance"),
                    state(fields.text("state")),
                    fields.number("share"),
                    fields.optionalInteger("version"),
                    fields.optionalInstant("since"),
                    fields.optionalInteger("newest"),
                    fields.instant("time"),
                    fields.optionalText("reason"),
                    fields.optionalText("successor"));
        } catch (IOException | IllegalArgumentException e) {
            throw new RegistryFormatException("the report cannot be read: " + e.getMessage(), e);
        }
    }

    private static State state(String text) {
        return Arrays.stream(State.values())
                .filter(state -> state.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> new RegistryFormatException("there is no state '" + text + "'"));
    }
}
