package dev.millrace.app.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.registry.Access;
import dev.millrace.registry.Problem;
import io.javalin.http.Context;
import java.util.Map;
import java.util.Optional;

/** Who may change anything from a page, and how the page is told that it was done. Thread-safe. */
final class Writes {

    // Headers are ASCII; labels and reasons are not.
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final Access access;

    Writes(Access access) {
        this.access = access;
    }

    /**
     * Refuses what may not be done. A page elsewhere can send a form without asking, but not the header that htmx sends.
     *
     * @throws Problem with status 401 or 403
     */
    void require(Context context) {
        if (!"true".equals(context.header("HX-Request"))) {
            throw new Problem(403, "this is for the console's own pages; others use the API or Kafka");
        }
        access.requireWrite(context);
    }

    /** {@return why whoever asks may not change anything here; empty where they may} */
    Optional<String> refusal(Context context) {
        return access.refusal(context);
    }

    /** Lets the page say something, and refresh what it shows. */
    static void told(Context context, String notice) {
        try {
            context.header("HX-Trigger", MAPPER.writeValueAsString(Map.of("notice", notice, "changed", "")));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts can be written as JSON", e);
        }
        context.header("Cache-Control", "no-store");
    }
}
