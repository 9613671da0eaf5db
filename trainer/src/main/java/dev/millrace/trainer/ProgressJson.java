package dev.millrace.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.trainer.ProgressReport.Found;
import dev.millrace.trainer.ProgressReport.News;
import dev.millrace.trainer.ProgressReport.Tally;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The JSON of reports in the {@code training-progress} topic, schema {@value #SCHEMA}. The same report always gives the
 * same bytes; fields that are not known are passed over. Thread-safe.
 */
public final class ProgressJson {

    /** The schema that is written, and the only one that is read. */
    public static final int SCHEMA = 1;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ProgressJson() {}

    /**
     * The value of a report, on one line.
     *
     * @param report what to write
     * @return its JSON in UTF-8
     */
    public static byte[] write(ProgressReport report) {
        Standing standing = report.standing();
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("schema", SCHEMA)
                .put("model", report.model())
                .put("instance", report.instance())
                .put("time", report.time().toString())
                .put("partition", report.partition())
                .put("nextOffset", standing.nextOffset())
                .put("steps", standing.steps())
                .put("examples", standing.examples())
                .put("correct", standing.correct())
                .put("labels", standing.labels())
                .put("loss", standing.loss())
                .put("calibrationError", standing.votes().calibrationError());
        if (report.lag() != null) {
            json.put("lag", report.lag());
        }
        ObjectNode votes = json.putObject("votes");
        new TreeMap<>(standing.votes().correct())
                .forEach((voter, correct) -> votes.putObject(voter)
                        .put("correct", correct)
                        .put("weight", standing.votes().weights().getOrDefault(voter, 0.0)));
        write(report.elapsed(), report.news(), json.putObject("news"));
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values could not be written as JSON", e);
        }
    }

    private static void write(Duration elapsed, News news, ObjectNode json) {
        json.put("elapsedMs", elapsed.toMillis()).put("examples", news.examples());
        ArrayNode drifts = json.putArray("drifts");
        for (Found drift : news.drifts()) {
            ObjectNode found = drifts.addObject();
            if (drift.label() != null) {
                found.put("label", drift.label());
            }
            found.put("since", drift.since());
        }
        ObjectNode labels = json.putObject("labels");
        news.labels()
                .forEach((label, tally) ->
                        labels.putArray(label).add(tally.answered()).add(tally.correct()));
        ArrayNode mistakes = json.putArray("mistakes");
        for (AnsweredExample mistake : news.mistakes()) {
            mistakes.addObject()
                    .put("offset", mistake.offset())
                    .put("label", mistake.label())
                    .put("answer", mistake.answer());
        }
        json.put("mistakesLeftOut", news.mistakesLeftOut());
    }

    /**
     * Reads a report.
     *
     * @param json its value in the topic
     * @return the report
     * @throws IllegalArgumentException if it is not the JSON of a report in a schema this reader knows
     */
    public static ProgressReport read(byte[] json) {
        try {
            JsonNode report = MAPPER.readTree(json);
            long schema = whole(report, "schema");
            if (schema != SCHEMA) {
                throw new IllegalArgumentException("schema must be " + SCHEMA + ", but is " + schema);
            }
            JsonNode news = node(report, "news");
            return new ProgressReport(
                    text(report, "model"),
                    text(report, "instance"),
                    Instant.parse(text(report, "time")),
                    Math.toIntExact(whole(report, "partition")),
                    standing(report),
                    report.hasNonNull("lag") ? Long.valueOf(whole(report, "lag")) : null,
                    Duration.ofMillis(whole(news, "elapsedMs")),
                    new News(
                            whole(news, "examples"),
                            drifts(node(news, "drifts")),
                            labels(node(news, "labels")),
                            mistakes(node(news, "mistakes")),
                            whole(news, "mistakesLeftOut")));
        } catch (IOException | ArithmeticException | DateTimeException | IllegalArgumentException e) {
            throw new IllegalArgumentException("not a report of a trainer: " + e.getMessage(), e);
        }
    }

    private static Standing standing(JsonNode report) {
        Map<String, Long> correct = new TreeMap<>();
        Map<String, Double> weights = new TreeMap<>();
        node(report, "votes").properties().forEach(voter -> {
            correct.put(voter.getKey(), whole(voter.getValue(), "correct"));
            weights.put(voter.getKey(), number(voter.getValue(), "weight"));
        });
        long examples = whole(report, "examples");
        return new Standing(
                whole(report, "nextOffset"),
                whole(report, "steps"),
                examples,
                whole(report, "correct"),
                Math.toIntExact(whole(report, "labels")),
                new StepReport.Votes(examples, correct, weights, number(report, "calibrationError")),
                number(report, "loss"));
    }

    private static List<Found> drifts(JsonNode json) {
        List<Found> drifts = new ArrayList<>();
        for (JsonNode drift : json) {
            drifts.add(new Found(drift.hasNonNull("label") ? text(drift, "label") : null, whole(drift, "since")));
        }
        return drifts;
    }

    private static SortedMap<String, Tally> labels(JsonNode json) {
        SortedMap<String, Tally> labels = new TreeMap<>();
        json.properties().forEach(label -> {
            JsonNode counts = label.getValue();
            if (counts.size() != 2
                    || !counts.get(0).isIntegralNumber()
                    || !counts.get(1).isIntegralNumber()) {
                throw new IllegalArgumentException("labels must have two whole numbers each, but one has " + counts);
            }
            labels.put(
                    label.getKey(),
                    new Tally(counts.get(0).longValue(), counts.get(1).longValue()));
        });
        return labels;
    }

    private static List<AnsweredExample> mistakes(JsonNode json) {
        List<AnsweredExample> mistakes = new ArrayList<>();
        for (JsonNode mistake : json) {
            mistakes.add(
                    new AnsweredExample(whole(mistake, "offset"), text(mistake, "label"), text(mistake, "answer")));
        }
        return mistakes;
    }

    private static JsonNode node(JsonNode json, String name) {
        JsonNode field = json.path(name);
        if (!field.isContainerNode()) {
            throw wrong(name, "an object or an array", field);
        }
        return field;
    }

    private static String text(JsonNode json, String name) {
        JsonNode field = json.path(name);
        if (!field.isTextual()) {
            throw wrong(name, "a string", field);
        }
        return field.textValue();
    }

    private static long whole(JsonNode json, String name) {
        JsonNode field = json.path(name);
        if (!field.isIntegralNumber() || !field.canConvertToLong()) {
            throw wrong(name, "a whole number", field);
        }
        return field.longValue();
    }

    private static double number(JsonNode json, String name) {
        JsonNode field = json.path(name);
        if (!field.isNumber()) {
            throw wrong(name, "a number", field);
        }
        return field.doubleValue();
    }

    private static IllegalArgumentException wrong(String name, String wanted, JsonNode field) {
        return new IllegalArgumentException(
                "\"" + name + "\" must be " + wanted + ", but is " + (field.isMissingNode() ? "missing" : field));
    }
}
