package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The JSON of a record in {@code predictions}, schema {@value RegistryJson#SCHEMA}, by the rules of {@link RegistryJson}.
 * Thread-safe.
 */
public final class PredictionJson {

    private PredictionJson() {}

    /**
     * The value of a record, on one line.
     *
     * @param prediction what to write
     * @return its JSON in UTF-8
     */
    public static byte[] write(PredictionRecord prediction) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("schema", RegistryJson.SCHEMA);
        json.put("id", prediction.id());
        json.put("model", prediction.model());
        json.put("version", prediction.version());
        json.put("label", prediction.label());
        json.put("confidence", prediction.confidence());
        ArrayNode top = json.putArray("top");
        for (PredictionRecord.Score score : prediction.top()) {
            top.addObject().put("label", score.label()).put("confidence", score.confidence());
        }
        PredictionRecord.Input input = prediction.input();
        json.putObject("input")
                .put("topic", input.topic())
                .put("partition", input.partition())
                .put("offset", input.offset());
        json.put("time", prediction.time().toString());
        return RegistryJson.bytes(json);
    }

    /**
     * Reads a prediction.
     *
     * @param json its value in the topic
     * @return the record
     * @throws RegistryFormatException if it is not the JSON of a prediction in a schema this reader knows
     */
    public static PredictionRecord read(byte[] json) {
        return RegistryJson.read("prediction", json, PredictionJson::prediction);
    }

    private static PredictionRecord prediction(JsonFields fields) {
        JsonFields input = fields.fields("input");
        return new PredictionRecord(
                fields.text("id"),
                fields.text("model"),
                fields.integer("version"),
                fields.objects(
                        "top", score -> new PredictionRecord.Score(score.text("label"), score.number("confidence"))),
                new PredictionRecord.Input(
                        input.text("topic"), Math.toIntExact(input.integer("partition")), input.integer("offset")),
                fields.instant("time"));
    }
}
