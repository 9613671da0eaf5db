package dev.millrace.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a YAML file of settings into dotted keys: nested maps are joined by dots, lists by commas. Knows nothing of
 * which settings exist.
 */
final class SettingsFile {

    private final Path file;
    private final Map<String, Given> values = new LinkedHashMap<>();
    private final List<String> problems;

    private SettingsFile(Path file, List<String> problems) {
        this.file = file;
        this.problems = problems;
    }

    /**
     * Reads a file.
     *
     * @param file which one
     * @param problems gets a line for each thing that is wrong
     * @return the values by dotted key, in the order of the file
     */
    static Map<String, Given> read(Path file, List<String> problems) {
        SettingsFile reader = new SettingsFile(file, problems);
        if (!Files.isRegularFile(file)) {
            problems.add(file + ": no such file");
            return reader.values;
        }
        try (Reader text = Files.newBufferedReader(file, StandardCharsets.UTF_8);
                YAMLParser parser = new YAMLFactory().createParser(text)) {
            reader.readDocument(parser);
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            problems.add(file + ":" + line + ": not valid YAML: " + oneLine(e.getOriginalMessage()));
        } catch (IOException e) {
            problems.add(file + ": cannot be read: " + e);
        }
        return reader.values;
    }

    private void readDocument(YAMLParser parser) throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            return;
        }
        if (first != JsonToken.START_OBJECT) {
            problems.add(file + ":1: must be a map of settings, such as \"trainer:\" with \"  batch-size: 32\" below");
            return;
        }
        readMap(parser, "");
        if (parser.nextToken() != null) {
            problems.add(where(parser) + ": must be one document, but another starts here");
        }
    }

    private void readMap(YAMLParser parser, String prefix) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = prefix + parser.currentName();
            String origin = where(parser);
            JsonToken token = parser.nextToken();
            if (token == JsonToken.START_OBJECT) {
                readMap(parser, key + ".");
            } else {
                String value = token == JsonToken.START_ARRAY ? readList(parser, key) : scalar(parser, key);
                if (value != null) {
                    put(key, new Given(value, origin));
                }
            }
        }
    }

    private void put(String key, Given given) {
        Given earlier = values.putIfAbsent(key, given);
        if (earlier != null) {
            problems.add(given.origin() + ": " + key + " is given twice, first at " + earlier.origin());
        }
    }

    private @Nullable String readList(YAMLParser parser, String key) throws IOException {
        List<String> items = new ArrayList<>();
        boolean plain = true;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token.isStructStart()) {
                problems.add(where(parser) + ": " + key + " must be a list of plain values");
                parser.skipChildren();
                plain = false;
            } else {
                String item = scalar(parser, key);
                plain &= item != null;
                items.add(item == null ? "" : item);
            }
        }
        return plain ? String.join(",", items) : null;
    }

    private @Nullable String scalar(YAMLParser parser, String key) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            problems.add(where(parser) + ": " + key + " has no value; write one, or \"\" for an empty one");
            return null;
        }
        // The parser hands out the alias's name as if it were the value.
        if (parser.isCurrentAlias()) {
            problems.add(where(parser) + ": " + key + " is a YAML alias; write the value out");
            return null;
        }
        return parser.getText();
    }

    private String where(YAMLParser parser) {
        return file + ":" + parser.currentTokenLocation().getLineNr();
    }

    private static String oneLine(String message) {
        return message.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse("");
    }
}
