package dev.millrace.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The JSON of the registry's records, schema {@value #SCHEMA}.
 *
 * <p>The same record always gives the same bytes: fields come in a fixed order and maps sorted by key. Times are
 * ISO-8601 in UTC. A reader ignores fields it does not know, so that fields can be added; it refuses another schema, so
 * that a meaning can be changed. Thread-safe.
 */
public final class RegistryJson {

    /** The schema that is written, and the only one that is read. */
    public static final int SCHEMA = 1;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private RegistryJson() {}

    /**
     * The value of a record, on one line.
     *
     * @param entry what to write
     * @return its JSON in UTF-8
     * @throws RegistryFormatException if a figure is not a finite number
     */
    public static byte[] write(RegistryEntry entry) {
        return bytes(tree(entry));
    }

    /**
     * The value of an event of the audit topic, on one line.
     *
     * @param event what to write
     * @return its JSON in UTF-8
     */
    public static byte[] write(RegistryEvent event) {
        return bytes(tree(event));
    }

    static ObjectNode tree(RegistryEvent event) {
        ObjectNode json = begun(event.model());
        event.write(json);
        return finished(json, event.time(), event.by(), event.reason());
    }

    /**
     * A version record for people: the same JSON, indented.
     *
     * @param version what to write
     * @return lines of JSON
     * @throws RegistryFormatException if a metric is not a finite number
     */
    public static String pretty(VersionRecord version) {
        return VersionJson.write(version).toPrettyString();
    }

    /**
     * Reads a version record.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of a version in a schema this reader knows
     */
    public static VersionRecord readVersion(byte[] json) {
        return read("version", json, VersionJson::read);
    }

    /**
     * Reads an alias record.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of an alias in a schema this reader knows
     */
    public static Alias readAlias(byte[] json) {
        return read(
                "alias",
                json,
                fields -> new Alias(
                        fields.text("model"),
                        fields.text("alias"),
                        fields.integer("version"),
                        fields.optionalInteger("previous"),
                        fields.instant("time"),
                        fields.text("by"),
                        fields.text("reason")));
    }

    /**
     * Reads a pin.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of a pin in a schema this reader knows
     */
    public static Pin readPin(byte[] json) {
        return read(
                "pin",
                json,
                fields -> new Pin(
                        fields.text("model"),
                        fields.text("alias"),
                        fields.integer("version"),
                        fields.optionalInteger("previous"),
                        fields.instant("time"),
                        fields.text("by"),
                        fields.text("reason")));
    }

    /**
     * Reads a retirement.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of a retirement in a schema this reader knows
     */
    public static Retirement readRetirement(byte[] json) {
        return read(
                "retirement",
                json,
                fields -> new Retirement(
                        fields.text("model"),
                        fields.integer("version"),
                        fields.instant("time"),
                        fields.text("by"),
                        fields.text("reason")));
    }

    /**
     * Reads a job.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of a job in a schema this reader knows
     */
    public static JobRecord readJob(byte[] json) {
        return read(
                "job",
                json,
                fields -> new JobRecord(
                        fields.text("model"),
                        fields.text("base"),
                        fields.textMap("settings"),
                        fields.instant("time"),
                        fields.text("by"),
                        fields.text("reason")));
    }

    /**
     * Reads a verdict.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of a verdict in a schema this reader knows
     */
    public static Verdict readVerdict(byte[] json) {
        return read(
                "verdict",
                json,
                fields -> new Verdict(
                        fields.text("model"),
                        fields.integer("version"),
                        fields.optionalInteger("champion"),
                        fields.objects("findings", RegistryJson::finding),
                        fields.instant("time"),
                        fields.text("by")));
    }

    /**
     * Reads an event of the audit topic.
     *
     * @param json its value in the topic
     * @return the event
     * @throws RegistryFormatException if it is not the JSON of an event in a schema this reader knows
     */
    public static RegistryEvent readEvent(byte[] json) {
        return read("event", json, RegistryEvent::read);
    }

    private static Verdict.Finding finding(JsonFields fields) {
        return new Verdict.Finding(
                fields.text("rule"), fields.bool("passed"), fields.numberMap("figures"), fields.text("reason"));
    }

    static <T> T read(String what, byte[] json, Function<JsonFields, T> reader) {
        JsonFields fields = fields(json);
        try {
            return reader.apply(fields);
        } catch (RegistryFormatException e) {
            throw e;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new RegistryFormatException("the " + what + " record breaks a rule: " + e.getMessage(), e);
        }
    }

    private static JsonFields fields(byte[] json) {
        JsonNode tree;
        try {
            tree = MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new RegistryFormatException("the value is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new RegistryFormatException("the value is not JSON: " + e.getMessage(), e);
        }
        JsonFields fields = JsonFields.of(tree, "");
        long schema = fields.integer("schema");
        if (schema != SCHEMA) {
            throw new RegistryFormatException("the record has schema " + schema + ", but this reader knows only schema "
                    + SCHEMA + "; upgrade it to the version that wrote the record");
        }
        return fields;
    }

    static ObjectNode tree(RegistryEntry entry) {
        if (entry instanceof VersionRecord version) {
            return VersionJson.write(version);
        }
        if (entry instanceof Alias alias) {
            return tree(alias);
        }
        if (entry instanceof Verdict verdict) {
            return tree(verdict);
        }
        ObjectNode json = begun(entry.model());
        if (entry instanceof Pin pin) {
            json.put("alias", pin.alias()).put("version", pin.version());
            if (pin.previous() != null) {
                json.put("previous", pin.previous());
            }
            return finished(json, pin.time(), pin.by(), pin.reason());
        }
        if (entry instanceof JobRecord job) {
            json.put("base", job.base());
            putSorted(json.putObject("settings"), job.settings());
            return finished(json, job.time(), job.by(), job.reason());
        }
        if (entry instanceof Successor cutOver) {
            json.put("successor", cutOver.successor());
            return finished(json, cutOver.time(), cutOver.by(), cutOver.reason());
        }
        Retirement retirement = (Retirement) entry;
        json.put("version", retirement.version());
        return finished(json, retirement.time(), retirement.by(), retirement.reason());
    }

    private static ObjectNode begun(String model) {
        return JsonNodeFactory.instance.objectNode().put("schema", SCHEMA).put("model", model);
    }

    private static ObjectNode finished(ObjectNode json, Instant time, String by, String reason) {
        return json.put("time", time.toString()).put("by", by).put("reason", reason);
    }

    private static ObjectNode tree(Alias alias) {
        ObjectNode json = begun(alias.model()).put("alias", alias.alias()).put("version", alias.version());
        if (alias.previous() != null) {
            json.put("previous", alias.previous());
        }
        return finished(json, alias.time(), alias.by(), alias.reason());
    }

    private static ObjectNode tree(Verdict verdict) {
        ObjectNode json = begun(verdict.model()).put("version", verdict.version());
        if (verdict.champion() != null) {
            json.put("champion", verdict.champion());
        }
        json.put("passed", verdict.passed());
        ArrayNode findings = json.putArray("findings");
        for (Verdict.Finding finding : verdict.findings()) {
            ObjectNode one = findings.addObject().put("rule", finding.rule()).put("passed", finding.passed());
            putFinite(one.putObject("figures"), finding.figures());
            one.put("reason", finding.reason());
        }
        return json.put("time", verdict.time().toString()).put("by", verdict.by());
    }

    static void putSorted(ObjectNode json, Map<String, String> map) {
        new TreeMap<>(map).forEach(json::put);
    }

    static void putFinite(ObjectNode json, Map<String, Double> map) {
        new TreeMap<>(map).forEach((name, value) -> json.put(name, finite(name, value)));
    }

    private static double finite(String name, double value) {
        // JSON has no NaN, and a version with one is the mark of a training run that should have stopped.
        if (!Double.isFinite(value)) {
            throw new RegistryFormatException(
                    "metric '" + name + "' must be finite, but is " + value + "; leave out what could not be measured");
        }
        return value;
    }

    static byte[] bytes(ObjectNode json) {
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values could not be written as JSON", e);
        }
    }
}
