package dev.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fields of a JSON object, read strictly: a field that is missing or of another type is named in the error. */
final class JsonFields {

    private final JsonNode object;
    private final String path;

    private JsonFields(JsonNode object, String path) {
        this.object = object;
        this.path = path;
    }

    static JsonFields of(@Nullable JsonNode node, String path) {
        if (node == null || !node.isObject()) {
            throw new RegistryFormatException((path.isEmpty() ? "the value" : "'" + path + "'")
                    + " must be a JSON object, but is " + typeOf(node));
        }
        return new JsonFields(node, path);
    }

    String text(String name) {
        return text(name, object.get(name));
    }

    @Nullable String optionalText(String name) {
        return object.hasNonNull(name) ? text(name) : null;
    }

    long integer(String name) {
        return integer(name, object.get(name));
    }

    double number(String name) {
        JsonNode node = object.get(name);
        if (node == null || !node.isNumber()) {
            throw wrong(name, "a number", node);
        }
        return node.doubleValue();
    }

    boolean bool(String name) {
        JsonNode node = object.get(name);
        if (node == null || !node.isBoolean()) {
            throw wrong(name, "true or false", node);
        }
        return node.booleanValue();
    }

    List<Long> integers(String name) {
        return list(name, (element, at) -> integer(at, element));
    }

    private long integer(String name, @Nullable JsonNode node) {
        if (node == null || !node.isIntegralNumber() || !node.canConvertToLong()) {
            throw wrong(name, "a whole number", node);
        }
        return node.longValue();
    }

    @Nullable Long optionalInteger(String name) {
        return object.hasNonNull(name) ? Long.valueOf(integer(name)) : null;
    }

    Instant instant(String name) {
        String text = text(name);
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new RegistryFormatException(
                    "'" + path(name) + "' must be a time such as 2026-11-24T10:00:00Z, but is '" + text + "'", e);
        }
    }

    @Nullable Instant optionalInstant(String name) {
        return object.hasNonNull(name) ? instant(name) : null;
    }

    JsonFields fields(String name) {
        return of(object.get(name), path(name));
    }

    @Nullable JsonFields optionalFields(String name) {
        return object.hasNonNull(name) ? fields(name) : null;
    }

    List<String> texts(String name) {
        return list(name, (element, at) -> text(at, element));
    }

    <T> List<T> objects(String name, Function<JsonFields, T> reader) {
        return list(name, (element, at) -> reader.apply(of(element, path(at))));
    }

    Map<String, String> textMap(String name) {
        Map<String, String> map = new HashMap<>();
        JsonFields values = fields(name);
        values.object.fieldNames().forEachRemaining(key -> map.put(key, values.text(key)));
        return map;
    }

    Map<String, Double> numberMap(String name) {
        Map<String, Double> map = new HashMap<>();
        JsonFields values = fields(name);
        values.object.properties().forEach(entry -> {
            if (!entry.getValue().isNumber()) {
                throw values.wrong(entry.getKey(), "a number", entry.getValue());
            }
            map.put(entry.getKey(), entry.getValue().doubleValue());
        });
        return map;
    }

    private interface Element<T> {
        T read(JsonNode element, String at);
    }

    private <T> List<T> list(String name, Element<T> reader) {
        JsonNode node = object.get(name);
        if (node == null || !node.isArray()) {
            throw wrong(name, "an array", node);
        }
        List<T> list = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            list.add(reader.read(node.get(i), name + "[" + i + "]"));
        }
        return list;
    }

    private String text(String name, @Nullable JsonNode node) {
        if (node == null || !node.isTextual()) {
            throw wrong(name, "a string", node);
        }
        return node.textValue();
    }

    private RegistryFormatException wrong(String name, String wanted, @Nullable JsonNode node) {
        return new RegistryFormatException("'" + path(name) + "' must be " + wanted + ", but is " + typeOf(node));
    }

    private String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String typeOf(@Nullable JsonNode node) {
        return node == null ? "missing" : node.getNodeType().toString().toLowerCase(Locale.ROOT);
    }
}
