package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class RecordSchemaTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();
    private static final String EXAMPLE = "labelled-example";
    private static final Path FOLDER = Path.of("../docs/schema");
    private static final Path PUBLISHED = FOLDER.resolve(EXAMPLE + ".schema.json");
    private static final int LONGEST_TEXT = 30;

    /** What a schema cannot say: whether a time can be read and lies in its range, and what a number is as a double. */
    private static final Set<String> BEYOND =
            Set.of("time_invalid", "time_out_of_range", "weight_invalid", "id_invalid");

    @Test
    void whatIsPublishedIsWhatValidates() throws Exception {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.map(file -> file.getFileName().toString().replace(".schema.json", "")))
                    .containsExactlyInAnyOrderElementsOf(RecordSchema.KINDS);
        }
        for (String kind : RecordSchema.KINDS) {
            assertThat((Object) RecordSchema.published(kind))
                    .isEqualTo(JsonTree.MAPPER.readTree(Files.readString(FOLDER.resolve(kind + ".schema.json"))));
        }
        assertThat(RecordSchema.published(EXAMPLE)
                        .at("/properties/label/maxLength")
                        .intValue())
                .isEqualTo(LabelledExample.MAX_LABEL_CHARACTERS);
        assertThat(RecordSchema.published(EXAMPLE)
                        .at("/properties/text/maxLength")
                        .intValue())
                .isEqualTo(IngestSettings.DEFAULT_MAX_TEXT_CHARACTERS);
    }

    @Test
    void theSchemaIsAskedOnlyAboutWhatLooksWrong() {
        for (String kind : RecordSchema.KINDS) {
            assertThat(PlainField.all(RecordSchema.published(kind)))
                    .isNotEmpty()
                    .allMatch(PlainField::canVouch);
        }
    }

    /** A pair has to obey what its example would have to. */
    @Test
    void aFieldHasOneRuleInAWholeExampleAndInAHalf() {
        for (String kind : List.of("input", "label")) {
            RecordSchema.published(kind).get("properties").properties().forEach(field -> {
                ObjectNode half = withoutWords(field.getValue());
                ObjectNode whole = withoutWords(RecordSchema.published(EXAMPLE).at("/properties/" + field.getKey()));
                if (kind.equals("label") && field.getKey().equals("id")) {
                    ((ArrayNode) whole.get("type")).remove(2);
                }
                assertThat(half).as("%s of %s", field.getKey(), kind).hasToString(whole.toString());
            });
        }
    }

    private static ObjectNode withoutWords(JsonNode rule) {
        return ((ObjectNode) rule.deepCopy()).without(List.of("description", "examples"));
    }

    @Test
    void judgesHalvesBySchemasOfTheirOwn() {
        HalfRules rules = new HalfRules(settings(Set.of("support")), TextProbe.ANY);
        for (String[] judged : new String[][] {
            {"{'text':'t'}", ""},
            {"{'text':'t','id':17,'time':1764000000123,'label':7}", ""},
            {"{'id':'a'}", "text_missing"},
            {"{'text':'%s'}".formatted("x".repeat(LONGEST_TEXT + 1)), "text_too_long"},
            {"{'text':'t','id':true}", "id_invalid"},
            {"{'text':'t','source':1}", "source_invalid"},
            {"{'text':'t','time':'2026-11-30T10:00:00Z'}", "time_out_of_range"},
            {"{'text':'t','model':'sales'}", "model_unknown"},
            {"[]", "not_an_object"}
        }) {
            assertThat(rules.input(bytes(judged[0]), new RecordHeaders(), NOW).map(Rejection::reason))
                    .as(judged[0])
                    .isEqualTo(judged[1].isEmpty() ? Optional.empty() : Optional.of(judged[1]));
        }
        for (String[] judged : new String[][] {
            {"{'id':'a','label':'l','weight':2,'text':7}", ""},
            {"{'label':'l'}", "id_invalid"},
            {"{'id':null,'label':'l'}", "id_invalid"},
            {"{'id':' ','label':'l'}", "id_invalid"},
            {"{'id':'a','label':'%s'}".formatted("x".repeat(201)), "label_too_long"},
            {"{'id':'a','label':'\\ud800'}", "not_unicode"},
            {"{'id':'a','label':'l','weight':1e-400}", "weight_invalid"},
            {"{'id':'a','label':'l','time':[]}", "time_invalid"}
        }) {
            assertThat(rules.label(bytes(judged[0]), new RecordHeaders(), NOW).map(Rejection::reason))
                    .as(judged[0])
                    .isEqualTo(judged[1].isEmpty() ? Optional.empty() : Optional.of(judged[1]));
        }
    }

    private static byte[] bytes(String singleQuoted) {
        return singleQuoted.replace('\'', '"').getBytes(UTF_8);
    }

    @Test
    void blankMeansTheSameToTheSchemaAndToJava() {
        Pattern pattern = Pattern.compile(PlainField.NOT_BLANK);
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            String text = Character.toString(c);
            assertThat(pattern.matcher(text).find()).as("U+%04X", c).isEqualTo(!text.isBlank());
        }
    }

    @Test
    void agreesWithTheSchemaOnRandomRecords() throws Exception {
        for (Set<String> models : List.of(Set.of("support"), Set.of("support", "sales"))) {
            Schema schema = independently(models);
            ExampleParser parser = parser(models);
            long seed = new SplittableRandom().nextLong();
            RandomExamples random = new RandomExamples(new SplittableRandom(seed));
            Map<String, Integer> seen = new HashMap<>();
            for (int i = 0; i < 10_000; i++) {
                String json = random.next();
                boolean valid = schema.validate(JsonTree.MAPPER.readTree(json)).isEmpty();
                Parsed parsed = parser.parse(json.getBytes(UTF_8), new RecordHeaders(), NOW);
                String outcome = parsed instanceof Parsed.Rejected rejected
                        ? rejected.rejection().reason()
                        : "accepted";
                seen.merge(outcome, 1, Integer::sum);
                if (outcome.equals("accepted")) {
                    assertThat(valid).as("seed %d: %s", seed, json).isTrue();
                } else if (valid) {
                    assertThat(BEYOND).as("seed %d: %s", seed, json).contains(outcome);
                }
            }
            assertThat(seen.keySet())
                    .contains(
                            "accepted",
                            "text_missing",
                            "text_not_a_string",
                            "text_empty",
                            "text_too_long",
                            "label_missing",
                            "label_not_a_string",
                            "label_empty",
                            "label_too_long",
                            "model_unknown",
                            "id_invalid",
                            "time_invalid",
                            "weight_invalid",
                            "source_invalid",
                            "not_unicode");
            assertThat(seen.get("accepted")).isGreaterThan(500);
        }
    }

    @Test
    void followsTheSchemaWhereItSaysMore() {
        ObjectNode stricter = RecordSchema.published(EXAMPLE);
        ((ObjectNode) stricter.at("/properties/text")).put("minLength", 3);
        ((ArrayNode) stricter.get("required")).add("source");
        ExampleParser parser = new ExampleParser(
                settings(Set.of("support")),
                TextProbe.ANY,
                RecordSchema.of(stricter, KnownModels.of(Set.of("support"), Map.of()), LONGEST_TEXT));
        assertThat(parse(parser, "{\"text\":\"abc\",\"label\":\"l\",\"source\":\"crm\"}"))
                .isInstanceOf(Parsed.Accepted.class);
        assertThat(((Parsed.Rejected) parse(parser, "{\"text\":\"ab\",\"label\":\"l\",\"source\":\"crm\"}"))
                        .rejection())
                .isInstanceOfSatisfying(
                        Rejection.AgainstSchema.class,
                        rule -> assertThat(rule.detail()).contains("\"text\"").contains("3"));
        assertThat(((Parsed.Rejected) parse(parser, "{\"text\":\"abc\",\"label\":\"l\"}"))
                        .rejection()
                        .detail())
                .contains("\"source\"");
    }

    @Test
    void countsCharactersAsTheSchemaDoes() {
        ExampleParser parser = parser(Set.of("support"));
        String card = "\ud83d\udcb3";
        assertThat(parse(
                        parser,
                        "{\"text\":\"" + card.repeat(LONGEST_TEXT) + "\",\"label\":\"" + card.repeat(200) + "\"}"))
                .isInstanceOf(Parsed.Accepted.class);
        assertThat(((Parsed.Rejected)
                                parse(parser, "{\"text\":\"" + card.repeat(LONGEST_TEXT + 1) + "\",\"label\":\"l\"}"))
                        .rejection())
                .isEqualTo(new Rejection.TextTooLong(LONGEST_TEXT + 1, LONGEST_TEXT));
    }

    private static Parsed parse(ExampleParser parser, String json) {
        return parser.parse(json.getBytes(UTF_8), new RecordHeaders(), NOW);
    }

    private static IngestSettings settings(Set<String> models) {
        IngestSettings all = IngestSettings.of("unused:1", Path.of("unused"), models);
        return new IngestSettings(
                all.bootstrapServers(),
                all.applicationId(),
                null,
                all.stateDirectory(),
                all.topics(),
                all.models(),
                LONGEST_TEXT,
                all.maxRecordBytes(),
                all.deduplicationWindow(),
                1,
                0,
                null,
                Map.of(),
                TopicFormat.CONTRACT,
                null,
                Map.of());
    }

    private static ExampleParser parser(Set<String> models) {
        return new ExampleParser(settings(models), TextProbe.ANY);
    }

    /** The published file and what its description says that the settings add, put together by hand. */
    private static Schema independently(Set<String> models) throws Exception {
        ObjectNode document = (ObjectNode) JsonTree.MAPPER.readTree(Files.readString(PUBLISHED));
        ((ObjectNode) document.at("/properties/text")).put("maxLength", LONGEST_TEXT);
        List<String> known = new ArrayList<>(new LinkedHashSet<>(models));
        ObjectNode model = ((ObjectNode) document.get("properties")).putObject("model");
        if (models.size() > 1) {
            ((ArrayNode) document.get("required")).add("model");
        } else {
            known.add(null);
        }
        ArrayNode admitted = model.putArray("enum");
        known.forEach(admitted::add);
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(document);
    }

    /** Objects that are near the contract, on both sides of it. */
    private record RandomExamples(SplittableRandom random) {

        private static final List<String> ANYTHING = List.of(
                "null",
                "true",
                "0",
                "-1",
                "1.50",
                "1e400",
                "1e-400",
                "99999999999999999999999999",
                "[]",
                "[\"text\"]",
                "{}",
                "{\"text\":\"t\",\"label\":\"l\"}",
                "\"\"",
                "\" \\t\\u2003\"",
                "\"\\u00a0\"",
                "\"\\u001c\"",
                "\"a\\ud800\"",
                "\"\\udc00b\"",
                "\"\\ud83d\\udcb3\"",
                "\"support\"",
                "\"2026-11-24T10:00:00Z\"",
                "\"yesterday\"");

        String next() {
            List<String> fields = new ArrayList<>();
            for (String name : List.of("text", "label", "model", "id", "time", "weight", "source", "other")) {
                boolean usual = name.equals("text") || name.equals("label") || name.equals("model");
                if (random.nextInt(10) < (usual ? 9 : 3)) {
                    fields.add("\"" + name + "\":" + value(name));
                }
            }
            return "{" + String.join(",", fields) + "}";
        }

        private String value(String name) {
            if (random.nextInt(5) == 0) {
                return ANYTHING.get(random.nextInt(ANYTHING.size()));
            }
            return switch (name) {
                case "model" -> random.nextBoolean() ? "\"support\"" : "\"sales\"";
                case "time" -> "1764000000123";
                case "weight" -> "0.5";
                default -> "\"" + length(name) + "\"";
            };
        }

        /** Strings whose length is often at the limit or just beyond it, some of characters that take two units. */
        private String length(String name) {
            int limit = switch (name) {
                case "text" -> LONGEST_TEXT;
                case "label" -> LabelledExample.MAX_LABEL_CHARACTERS;
                default -> 512;
            };
            int length = switch (random.nextInt(6)) {
                case 0 -> limit;
                case 1 -> limit + 1;
                default -> random.nextInt(1, 20);
            };
            return (random.nextInt(3) == 0 ? "\ud83d\udcb3" : "x").repeat(length);
        }
    }
}
