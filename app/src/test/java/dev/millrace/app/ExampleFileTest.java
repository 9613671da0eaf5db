package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ExampleFileTest {

    @TempDir
    private Path folder = Path.of("");

    private ExampleFile read(String lines, SettingsLoader loader) throws IOException {
        Files.writeString(folder.resolve("examples.jsonl"), lines);
        Surroundings around = new Shell(folder).surroundings();
        FileOptions files = CommandLine.populateCommand(new FileOptions(around));
        return ExampleFile.read(files, Path.of("examples.jsonl"), loader.load().settings(), around);
    }

    @Test
    void tellsApartWhatIngestWillAcceptUnderTheSameSettings() throws IOException {
        String lines = """
                {"text": "my card", "label": "card", "time": "2025-11-24T10:00:00Z"}
                {"text": "my very long card", "label": "card"}
                {"text": "no label"}
                """;
        ExampleFile strict = read(lines, new SettingsLoader().put("ingest.max-text-characters", "10", "test"));
        assertThat(strict.accepted()).extracting(LabelledExample::text).containsExactly("my card");
        assertThat(strict.refused())
                .extracting(value -> new String(value, StandardCharsets.UTF_8))
                .satisfiesExactly(
                        line -> assertThat(line).contains("very long"),
                        line -> assertThat(line).contains("no label"));

        assertThat(read(lines, new SettingsLoader()).accepted())
                .hasSize(2)
                .allSatisfy(example -> assertThat(example.model()).isEqualTo("default"));
    }

    @Test
    void aFileWithoutExamplesIsOfNoUse() {
        assertThatThrownBy(() -> read("{\"text\": \"no label\"}\n", new SettingsLoader()))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("there are no examples in examples.jsonl");
    }
}
