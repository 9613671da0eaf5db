package dev.millrace.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ExampleParser;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Parsed;
import dev.millrace.ingest.TextProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The settings of a format, as the page for producers has them. */
class FormatSettingsTest {

    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void theTopicOfThePageIsConsumedAsItIs() throws IOException {
        String section = section("A topic that is there already");
        Settings settings = new SettingsLoader()
                .file(Files.writeString(folder.resolve("millrace.yaml"), block(section, "yaml")))
                .load()
                .settings();
        IngestSettings ingest = NeededTopics.ingestSettings(settings, folder)
                .with(settings.ingest().format());
        assertThat(ingest.topics().examples()).isEqualTo("crm-tickets");

        Parsed parsed = new ExampleParser(ingest, TextProbe.ANY)
                .parse(block(section, "json").getBytes(UTF_8), new RecordHeaders(), NOW.toEpochMilli());
        assertThat(((Parsed.Accepted) parsed).example())
                .isEqualTo(new LabelledExample(
                        "17",
                        "default",
                        "Card\nhas not arrived",
                        "card_arrival",
                        Instant.parse("2026-11-24T10:00:00Z"),
                        null,
                        1));
    }

    @Test
    void theRegistryOfThePageIsAsked() throws IOException {
        String yaml = block(section("Avro, Protobuf and JSON with a schema registry"), "yaml")
                .replace(
                        "registry-authorization",
                        Files.writeString(folder.resolve("secret"), "Basic dTpw\n")
                                .toString());
        EffectiveSettings effective = new SettingsLoader()
                .file(Files.writeString(folder.resolve("millrace.yaml"), yaml))
                .load();
        assertThat(effective.settings().ingest().format().registry()).satisfies(registry -> {
            assertThat(registry.url()).hasToString("http://registry:8081");
            assertThat(registry.authorization()).isEqualTo("Basic dTpw");
            assertThat(registry.toString()).doesNotContain("dTpw");
        });
        assertThat(effective.entries())
                .noneSatisfy(entry -> assertThat(entry.value()).contains("dTpw"));
    }

    private static String section(String heading) throws IOException {
        String page = Files.readString(Path.of("../docs/producing.md"));
        Matcher found = Pattern.compile("(?ms)^## " + Pattern.quote(heading) + "$(.*?)^## ")
                .matcher(page);
        assertThat(found.find()).as(heading).isTrue();
        return found.group(1);
    }

    private static String block(String section, String language) {
        Matcher found = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```").matcher(section);
        assertThat(found.find()).as(language).isTrue();
        return found.group(1);
    }
}
