package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Headers;

/** CloudEvents 1.0 in Kafka: what they say of an example that its JSON does not say. */
final class CloudEvents {

    private static final List<String> REQUIRED = List.of("id", "source", "type");
    private static final List<String> TOLD = List.of("id", "source", "time");
    private static final Pattern JSON = Pattern.compile("[^/]+/([^/]+\\+)?json");

    private CloudEvents() {}

    /** Binary mode: the value is the example, headers are the event. */
    static void complete(JsonFields example, Headers headers) throws Unfit {
        if (example.get("id") == null) {
            example.complete(
                    "id",
                    TextFields.header(headers, "ce_id", new Rejection.IdInvalid("in the header ce_id is not UTF-8")));
        }
        if (example.get("source") == null) {
            example.complete(
                    "source",
                    TextFields.header(
                            headers, "ce_source", new Rejection.SourceInvalid("in the header ce_source is not UTF-8")));
        }
        if (example.get("time") == null) {
            example.complete(
                    "time",
                    TextFields.header(headers, "ce_time", new Rejection.TimeInvalid("no UTF-8 in the header ce_time")));
        }
    }

    /** Structured mode: the value is the event, which has the example in it. */
    static ObjectNode structured(byte[] value, FieldMapping mapping) throws Unfit {
        JsonNode event = JsonTree.read(value);
        if (!event.isObject()) {
            throw new Unfit(new Rejection.NotAnObject(JsonFields.name(event.asToken())));
        }
        requireAttributes(event);
        ObjectNode example = mapping.apply(data(event));
        for (String name : TOLD) {
            if (!example.hasNonNull(name) && event.hasNonNull(name)) {
                example.set(name, event.get(name));
            }
        }
        return example;
    }

    private static void requireAttributes(JsonNode event) throws Unfit {
        if (!event.path("specversion").asText().equals("1.0")) {
            throw invalid("must have the specversion \"1.0\"");
        }
        for (String name : REQUIRED) {
            if (!event.path(name).isTextual() || event.path(name).textValue().isEmpty()) {
                throw invalid("must have the attribute \"" + name + "\", a string that is not empty");
            }
        }
        JsonNode type = event.path("datacontenttype");
        if (!type.isMissingNode() && !type.isNull() && !isJson(type.asText())) {
            throw invalid("must have data in JSON, but has " + Quote.of(type.asText()));
        }
    }

    private static boolean isJson(String type) {
        return JSON.matcher(type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT))
                .matches();
    }

    private static JsonNode data(JsonNode event) throws Unfit {
        if (event.hasNonNull("data")) {
            return event.get("data");
        }
        JsonNode encoded = event.path("data_base64");
        if (!encoded.isTextual()) {
            throw invalid("has no data");
        }
        return JsonTree.read(base64(encoded.textValue()).orElseThrow(() -> invalid("has no Base64 in data_base64")));
    }

    private static Optional<byte[]> base64(String text) {
        try {
            return Optional.of(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Unfit invalid(String problem) {
        return new Unfit(new Rejection.CloudEventInvalid(problem));
    }
}
