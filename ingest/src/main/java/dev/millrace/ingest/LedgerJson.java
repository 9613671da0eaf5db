package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.ingest.OffsetRanges.Range;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The values of the ledger: examples as {@link ExampleJson} writes them, and control records, which are the ones with a
 * field {@code control}. The same record always gives the same bytes. Thread-safe.
 */
public final class LedgerJson {

    private static final String CONTROL = "control";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private LedgerJson() {}

    /**
     * The JSON of a control record, on one line.
     *
     * @param control what to write
     * @return UTF-8
     */
    public static byte[] write(ControlRecord control) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put(CONTROL, control.action().verb())
                .put("model", control.model());
        if (control.action() instanceof ControlRecord.Set set) {
            ObjectNode settings = json.putObject("settings");
            new TreeMap<>(set.settings()).forEach(settings::put);
        }
        if (control.action() instanceof ControlRecord.Forget forget) {
            ArrayNode ranges = json.putArray("offsets");
            forget.offsets()
                    .ranges()
                    .forEach(range -> ranges.addArray().add(range.first()).add(range.last()));
            json.put("selection", forget.selection());
        }
        if (control.action() instanceof ControlRecord.RetireLabel retire) {
            json.put("label", retire.label());
        }
        if (control.action() instanceof ControlRecord.RenameLabel rename) {
            json.put("label", rename.label()).put("to", rename.to());
        }
        json.put("time", control.time().toString());
        json.put("by", control.by());
        json.put("reason", control.reason());
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values could not be written as JSON", e);
        }
    }

    /**
     * The record of a JSON value.
     *
     * @param json what {@link #write} or {@link ExampleJson#write} gave
     * @return the record
     * @throws IllegalArgumentException if the bytes are neither a valid example nor a valid control record
     */
    public static LedgerRecord read(byte[] json) {
        return isControl(json) ? readControl(json) : ExampleJson.read(json);
    }

    /** Examples begin with their id; so the many are told from the few by the first field, without parsing them twice. */
    private static boolean isControl(byte[] json) {
        String prefix = "{\"" + CONTROL + "\"";
        for (int i = 0; i < prefix.length(); i++) {
            if (i >= json.length || json[i] != prefix.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static ControlRecord readControl(byte[] value) {
        try {
            JsonNode json = MAPPER.readTree(value);
            return new ControlRecord(
                    text(json, "model"),
                    action(json),
                    Instant.parse(text(json, "time")),
                    text(json, "by"),
                    text(json, "reason"));
        } catch (IOException | DateTimeException | IllegalArgumentException e) {
            throw new IllegalArgumentException("not a control record: " + e.getMessage(), e);
        }
    }

    private static ControlRecord.Action action(JsonNode json) {
        String verb = text(json, CONTROL);
        return switch (verb) {
            case "set" -> new ControlRecord.Set(settings(json));
            case "pause" -> new ControlRecord.Pause();
            case "resume" -> new ControlRecord.Resume();
            case "freeze" -> new ControlRecord.Freeze();
            case "checkpoint" -> new ControlRecord.Checkpoint();
            case "forget" -> new ControlRecord.Forget(offsets(json), text(json, "selection"));
            case "retire-label" -> new ControlRecord.RetireLabel(text(json, "label"));
            case "rename-label" -> new ControlRecord.RenameLabel(text(json, "label"), text(json, "to"));
            default ->
                throw new IllegalArgumentException("the control '" + verb
                        + "' is not known here; it may have been written by a newer release of Millrace");
        };
    }

    private static Map<String, String> settings(JsonNode json) {
        Map<String, String> settings = new TreeMap<>();
        json.path("settings").properties().forEach(field -> {
            if (!field.getValue().isTextual()) {
                throw new IllegalArgumentException("the setting \"" + field.getKey() + "\" must be a string");
            }
            settings.put(field.getKey(), field.getValue().textValue());
        });
        return settings;
    }

    private static OffsetRanges offsets(JsonNode json) {
        List<Range> ranges = new ArrayList<>();
        for (JsonNode range : json.path("offsets")) {
            if (range.size() != 2
                    || !range.get(0).isIntegralNumber()
                    || !range.get(1).isIntegralNumber()) {
                throw new IllegalArgumentException("offsets must be pairs of whole numbers, but one is " + range);
            }
            ranges.add(new Range(range.get(0).longValue(), range.get(1).longValue()));
        }
        return new OffsetRanges(ranges);
    }

    private static String text(JsonNode json, String name) {
        JsonNode field = json.path(name);
        if (!field.isTextual()) {
            throw new IllegalArgumentException("the field \"" + name + "\" must be a string, but is "
                    + (field.isMissingNode() ? "missing" : field));
        }
        return field.textValue();
    }
}
