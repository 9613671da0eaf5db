package dev.millrace.app;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** Runs commands as a person in a folder would, and keeps what they print. */
final class Shell {

    private final Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Map<String, String> environment = Map.of();
    private String input = "";

    Shell(Path folder) {
        this.folder = folder;
    }

    Shell with(Map<String, String> variables) {
        environment = variables;
        return this;
    }

    Shell typing(String text) {
        input = text;
        return this;
    }

    int run(String... arguments) {
        return CommandTree.run(surroundings(), arguments);
    }

    Surroundings surroundings() {
        return new Surroundings(
                environment,
                folder,
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                false,
                Clock.systemUTC(),
                System::nanoTime);
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }
}
