package dev.millrace.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/**
 * {@code --json}: one JSON document on standard output, of the shape that the registry's HTTP API has. A failure is then a
 * JSON object on standard error, see {@link Failures}.
 */
final class JsonOption {

    /** As it is written on the command line. */
    static final String NAME = "--json";

    @Option(names = NAME, description = "Print one JSON document, as the HTTP API answers it.")
    private boolean given;

    boolean given() {
        return given;
    }

    void print(PrintWriter out, JsonNode json) {
        out.println(json.toPrettyString());
    }
}
