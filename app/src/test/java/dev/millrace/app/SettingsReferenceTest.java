package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SettingsReferenceTest {

    // Surefire starts in the module's folder.
    private static final Path DOCS = Path.of("..", "docs");

    @Test
    void thePageIsTheOneTheTableMakes() throws IOException {
        assertThat(Files.readString(DOCS.resolve("settings.md")))
                .as("stale: run ./millrace settings --markdown > docs/settings.md")
                .isEqualTo(SettingsReference.markdown());
    }

    @Test
    void theExampleFileIsValidAndSaysNothingButDefaults() {
        Settings fromExample = new SettingsLoader()
                .file(DOCS.resolve("millrace.example.yaml"))
                .load()
                .settings();

        assertThat(fromExample).isEqualTo(new SettingsLoader().load().settings());
    }

    @Test
    void theListForATerminalNamesEverySetting() {
        assertThat(SettingsReference.plain())
                .contains(SettingsTable.definition().names())
                .contains(SettingsTable.KAFKA_CLIENT);
    }
}
