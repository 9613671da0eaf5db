package dev.millrace.ingest;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a JSON document: a JSON Pointer of RFC 6901 ({@code /ticket/body}), or a JSONPath of RFC 9535 that names one
 * place, which is written with names and places in arrays alone ({@code $.ticket.body}, {@code $['ticket']['body']},
 * {@code $.messages[0].text}). Immutable.
 */
public final class FieldPath {

    private static final Pattern STEP = Pattern.compile(
            "\\.(?<name>[\\p{L}_][\\p{L}\\p{N}_-]*)|\\[(?<index>0|[1-9]\\d{0,8})]|\\['(?<single>(?:[^'\\\\]|\\\\['\\\\])+)']"
                    + "|\\[\"(?<double>(?:[^\"\\\\]|\\\\[\"\\\\])+)\"]");

    private final String text;
    private final JsonPointer pointer;

    private FieldPath(String text, JsonPointer pointer) {
        this.text = text;
        this.pointer = pointer;
    }

    /**
     * Reads a path.
     *
     * @param text as a person wrote it
     * @return the path
     * @throws IllegalArgumentException if it is neither kind of path; the message says where it goes wrong
     */
    public static FieldPath parse(String text) {
        if (text.startsWith("/")) {
            return new FieldPath(text, JsonPointer.compile(text));
        }
        if (!text.startsWith("$") || text.length() == 1) {
            throw new IllegalArgumentException(
                    "a path must begin with $ and name a field, such as $.ticket.body, or be a JSON Pointer, such as /ticket/body, but is "
                            + Quote.of(text));
        }
        Matcher step = STEP.matcher(text);
        JsonPointer pointer = JsonPointer.empty();
        int at = 1;
        while (at < text.length()) {
            if (!step.find(at) || step.start() != at) {
                throw new IllegalArgumentException("the path " + Quote.of(text) + " cannot be read from "
                        + Quote.of(text.substring(at)) + " on; it may have .name, ['name'] and [0]");
            }
            pointer = pointer.append(step(step));
            at = step.end();
        }
        return new FieldPath(text, pointer);
    }

    private static JsonPointer step(Matcher step) {
        String index = step.group("index");
        if (index != null) {
            return JsonPointer.empty().appendIndex(Integer.parseInt(index));
        }
        String name = step.group("name");
        if (name == null) {
            String quoted = step.group("single") == null ? step.group("double") : step.group("single");
            name = quoted.replaceAll("\\\\(.)", "$1");
        }
        return JsonPointer.empty().appendProperty(name);
    }

    /** What is at the place; missing when nothing is. */
    JsonNode in(JsonNode document) {
        return document.at(pointer);
    }

    @Override
    public String toString() {
        return text;
    }
}
