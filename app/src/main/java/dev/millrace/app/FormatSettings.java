package dev.millrace.app;

import static org.apache.kafka.common.config.ConfigDef.Type.LIST;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import dev.millrace.ingest.FieldMapping;
import dev.millrace.ingest.FieldPath;
import dev.millrace.ingest.SchemaRegistry;
import dev.millrace.ingest.TopicFormat;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows of {@link SettingsTable} about how the records of examples are written, and what they say. */
final class FormatSettings {

    private static final String FIELDS = "ingest.fields.";
    private static final String SEPARATOR = FIELDS + "text-separator";

    private static final String REGISTRY_URL = "ingest.schema-registry.url";
    private static final String REGISTRY_AUTHORIZATION = "ingest.schema-registry.authorization-file";

    private FormatSettings() {}

    static void addRows(SettingsTable.Group group) {
        group.row(
                FIELDS + "text",
                LIST,
                "",
                Rule.paths(),
                "Where the text is in a record that was not written for Millrace: a JSONPath that names one place, such as `$.ticket.body`, `$.messages[0].text` or `$['a b']`, or a JSON Pointer, such as `/ticket/body`. Several, separated by commas, are joined; what is missing or blank among them is left out. Empty: `$.text`.");
        group.row(
                SEPARATOR,
                STRING,
                "\\n",
                Rule.anyText(),
                "What stands between the parts of a text that has several paths; `\\n` is the end of a line, `\\t` a tab.");
        group.row(
                REGISTRY_URL,
                STRING,
                "",
                Rule.url(),
                "The schema registry of values in Avro, Protobuf or JSON that begin with a byte 0 and the id of their schema, as Confluent's serializers and those compatible with them write them. It is asked by Confluent's API: `http://registry:8081`, or `http://registry:8080/apis/ccompat/v7` with Apicurio. While it does not answer, ingest waits and loses nothing. Empty: there are no such values.");
        group.row(
                REGISTRY_AUTHORIZATION,
                STRING,
                "",
                Rule.anyText(),
                "The file of what is sent to the schema registry as the header `Authorization`, such as `Basic dXNlcjpwYXNz` or `Bearer …`. Read once, at the start. Empty: no such header.");
        for (String field : FieldMapping.FIELDS) {
            if (!field.equals("text")) {
                group.row(
                        FIELDS + field,
                        STRING,
                        "",
                        Rule.path(),
                        "Where the " + field + " is, as a path like the text's" + remark(field) + " Empty: `$." + field
                                + "`.");
            }
        }
    }

    private static String remark(String field) {
        return switch (field) {
            case "label", "model", "source" -> "; a number or a boolean is taken as it is written.";
            default -> ".";
        };
    }

    static TopicFormat of(SettingValues values) {
        Map<String, List<FieldPath>> paths = new HashMap<>();
        for (String field : FieldMapping.FIELDS) {
            List<String> given =
                    field.equals("text") ? values.texts(FIELDS + field) : List.of(values.text(FIELDS + field));
            List<FieldPath> found = given.stream()
                    .filter(path -> !path.isBlank())
                    .map(FieldPath::parse)
                    .toList();
            if (!found.isEmpty()) {
                paths.put(field, found);
            }
        }
        String separator = values.text(SEPARATOR).replace("\\n", "\n").replace("\\t", "\t");
        return new TopicFormat(
                paths.isEmpty() ? FieldMapping.NONE : new FieldMapping(paths, separator), registry(values));
    }

    private static @Nullable SchemaRegistry registry(SettingValues values) {
        String url = values.text(REGISTRY_URL);
        if (url.isBlank()) {
            return null;
        }
        Path authorization = values.optionalPath(REGISTRY_AUTHORIZATION);
        return new SchemaRegistry(
                URI.create(url.replaceFirst("/+$", "")),
                authorization == null ? null : line(authorization),
                SchemaRegistry.DEFAULT_PATIENCE);
    }

    private static String line(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new CommandException(
                    "cannot read " + file + " of " + REGISTRY_AUTHORIZATION + ": " + e.getMessage(), e);
        }
    }
}
