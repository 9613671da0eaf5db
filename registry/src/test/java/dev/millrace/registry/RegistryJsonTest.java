package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.Lineage.SetAside;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryJsonTest {

    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private static final String NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static final VersionRecord VERSION = new VersionRecord(
            "support",
            2,
            Instant.parse("2026-11-24T10:00:00Z"),
            1L,
            "all-minilm-l6-v2",
            List.of(
                    new Artifact("base", 3, ABC, "sha256/ba/" + ABC),
                    new Artifact("weights", 0, NOTHING, "sha256/e3/" + NOTHING)),
            List.of("card_arrival", "größe \"L\""),
            new LogPosition("training-examples", 3, 9007199254740993L),
            640,
            20,
            Instant.parse("2026-11-24T09:59:59.123456789Z"),
            Map.of("lr", "0.0002", "batch", "32"),
            "0123",
            Map.of("prequential_accuracy", 0.875, "loss", 0.125),
            Map.of("threads", "2", "engine", "PyTorch 2.7.1", "device", "cpu"),
            null);

    private static final VersionRecord FIRST_VERSION = new VersionRecord(
            "support",
            1,
            Instant.parse("2026-11-24T10:00:00Z"),
            null,
            "all-minilm-l6-v2",
            List.of(),
            List.of(),
            new LogPosition("training-examples", 0, 0),
            0,
            0,
            null,
            Map.of(),
            "",
            Map.of(),
            Map.of(),
            null);

    private static final VersionRecord DELTA = new VersionRecord(
            "support",
            1,
            Instant.parse("2026-11-24T10:00:00Z"),
            null,
            "all-minilm-l6-v2",
            List.of(new Artifact(
                    "weights",
                    200,
                    "cd".repeat(32),
                    "sha256/ef/" + "ef".repeat(32),
                    new Delta(40, "ef".repeat(32), 900, "ab".repeat(32)))),
            List.of(),
            new LogPosition("training-examples", 0, 0),
            0,
            0,
            null,
            Map.of(),
            "",
            Map.of(),
            Map.of(),
            null);

    private static final VersionRecord STEERED = new VersionRecord(
            "support",
            3,
            Instant.parse("2026-11-24T10:00:00Z"),
            1L,
            "all-minilm-l6-v2",
            List.of(),
            List.of("card_arrival"),
            new LogPosition("training-examples", 3, 900),
            700,
            22,
            null,
            Map.of(),
            "0123",
            Map.of(),
            Map.of(),
            new Lineage(
                    320,
                    List.of(
                            new Intervention(
                                    320,
                                    Lineage.RECONFIGURED,
                                    Map.of("batch-size", "16", "seed", "7"),
                                    null,
                                    "settings",
                                    "the trainer was started with other settings"),
                            new Intervention(
                                    899,
                                    "forget",
                                    Map.of("examples", "20"),
                                    Instant.parse("2026-11-24T09:00:00Z"),
                                    "ann",
                                    "asked by the customer")),
                    List.of(352L, 640L),
                    List.of(new SetAside(700, 732, "non_finite"))));

    private static final Alias ALIAS = new Alias(
            "support", "champion", 2, null, Instant.parse("2026-11-24T10:00:01Z"), "trainer", "first of its kind");

    /** These bytes lie in topics already: a change here must still read them, so add files, and never edit one. */
    @Test
    void readsAndWritesTheGoldenBytes() throws IOException {
        assertThat(RegistryJson.write(VERSION)).asString().isEqualTo(golden("version-schema-1.json"));
        assertThat(RegistryJson.readVersion(utf8(golden("version-schema-1.json"))))
                .isEqualTo(VERSION);
        assertThat(RegistryJson.write(FIRST_VERSION)).asString().isEqualTo(golden("first-version-schema-1.json"));
        assertThat(RegistryJson.readVersion(utf8(golden("first-version-schema-1.json"))))
                .isEqualTo(FIRST_VERSION);
        assertThat(RegistryJson.write(DELTA)).asString().isEqualTo(golden("delta-version-schema-1.json"));
        assertThat(RegistryJson.readVersion(utf8(golden("delta-version-schema-1.json"))))
                .isEqualTo(DELTA);
        assertThat(RegistryJson.write(STEERED)).asString().isEqualTo(golden("steered-version-schema-1.json"));
        assertThat(RegistryJson.readVersion(utf8(golden("steered-version-schema-1.json"))))
                .isEqualTo(STEERED);
        assertThat(RegistryJson.write(ALIAS)).asString().isEqualTo(golden("alias-schema-1.json"));
        assertThat(RegistryJson.readAlias(utf8(golden("alias-schema-1.json")))).isEqualTo(ALIAS);
    }

    @Test
    void readsAndWritesTheGoldenBytesOfWhatWasDecided() throws IOException {
        Instant time = Instant.parse("2026-11-24T10:00:01Z");
        Alias moved = new Alias("support", "champion", 3, 2L, time, "trainer", "passed the gate");
        Pin pin = new Pin("support", "champion", 2, 3L, time, "ann", "complaints");
        Retirement retirement = new Retirement("support", 2, time, "ann", "learned from a wrong import");
        Verdict verdict = new Verdict(
                "support",
                3,
                2L,
                List.of(
                        new Verdict.Finding(
                                "accuracy",
                                true,
                                Map.of("candidate", 0.875, "champion", 0.75),
                                "better on 12 of 100, worse on 1"),
                        new Verdict.Finding("finite", false, Map.of(), "a row of the head is not finite")),
                time,
                "trainer");

        assertThat(RegistryJson.write(moved)).asString().isEqualTo(golden("moved-alias-schema-1.json"));
        assertThat(RegistryJson.readAlias(utf8(golden("moved-alias-schema-1.json"))))
                .isEqualTo(moved);
        assertThat(RegistryJson.write(pin)).asString().isEqualTo(golden("pin-schema-1.json"));
        assertThat(RegistryJson.readPin(utf8(golden("pin-schema-1.json")))).isEqualTo(pin);
        assertThat(RegistryJson.write(retirement)).asString().isEqualTo(golden("retirement-schema-1.json"));
        assertThat(RegistryJson.readRetirement(utf8(golden("retirement-schema-1.json"))))
                .isEqualTo(retirement);
        assertThat(RegistryJson.write(verdict)).asString().isEqualTo(golden("verdict-schema-1.json"));
        assertThat(RegistryJson.readVerdict(utf8(golden("verdict-schema-1.json"))))
                .isEqualTo(verdict);
        JobRecord job = new JobRecord(
                "fraud",
                "all-minilm-l6-v2",
                Map.of("frozen-layers", "4", "batch-size", "8"),
                time,
                "ann",
                "a new team");
        assertThat(RegistryJson.write(job)).asString().isEqualTo(golden("job-schema-1.json"));
        assertThat(RegistryJson.readJob(utf8(golden("job-schema-1.json")))).isEqualTo(job);
        Successor successor = new Successor("support", "support-2", time, "ann", "a larger base");
        assertThat(RegistryJson.write(successor)).asString().isEqualTo(golden("successor-schema-1.json"));
        assertThat(RegistryJson.read("successor", utf8(golden("successor-schema-1.json")), Successor::read))
                .isEqualTo(successor);
        RegistryEvent event = RegistryEvent.of(pin);
        assertThat(RegistryJson.write(event)).asString().isEqualTo(golden("event-schema-1.json"));
        assertThat(RegistryJson.readEvent(utf8(golden("event-schema-1.json")))).isEqualTo(event);
    }

    @Test
    void ignoresFieldsItDoesNotKnow() throws IOException {
        String later = golden("version-schema-1.json")
                .replace("{\"schema\":1,", "{\"schema\":1,\"gates\":[{\"a\":null}],")
                .replace("{\"role\":\"base\",", "{\"role\":\"base\",\"codec\":\"zstd\",")
                .replace("\"partition\":3", "\"partition\":3,\"epoch\":4");
        assertThat(RegistryJson.readVersion(utf8(later))).isEqualTo(VERSION);
        assertThat(RegistryJson.readAlias(utf8(golden("alias-schema-1.json").replace("1,", "1,\"until\":null,"))))
                .isEqualTo(ALIAS);
    }

    @Test
    void refusesAnotherSchemaAndSaysWhatToDo() throws IOException {
        assertThatThrownBy(() -> RegistryJson.readVersion(
                        utf8(golden("version-schema-1.json").replace("\"schema\":1", "\"schema\":2"))))
                .isInstanceOf(RegistryFormatException.class)
                .hasMessageContaining("schema 2")
                .hasMessageContaining("upgrade");
        assertThatThrownBy(() -> RegistryJson.readAlias(utf8("{\"model\":\"m\"}")))
                .hasMessage("'schema' must be a whole number, but is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "null", "[]", "7", "{\"schema\":1", "{\"schema\":1}{}", "{\"schema\":1} x"})
    void refusesWhatIsNoJsonObject(String value) {
        assertThatThrownBy(() -> RegistryJson.readVersion(utf8(value))).isInstanceOf(RegistryFormatException.class);
        assertThatThrownBy(() -> RegistryJson.readAlias(utf8(value))).isInstanceOf(RegistryFormatException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"version\":2          | \"version\":\"2\"       | 'version' must be a whole number, but is string",
                "\"version\":2          | \"version\":2.5         | 'version' must be a whole number",
                "\"version\":2          | \"version\":99999999999999999999 | 'version' must be a whole number",
                "\"version\":2          | \"version\":0           | version must be >= 1",
                "\"parent\":1           | \"parent\":2            | parent must be < version",
                "\"base\":\"all         | \"bass\":\"all          | 'base' must be a string, but is missing",
                "\"size\":3             | \"size\":true           | 'artifacts[0].size' must be a whole number, but is boolean",
                "\"sha256\":\"ba        | \"sha256\":\"BA         | sha256 must be 64 lower-case",
                "\"labels\":[           | \"labels\":[null,       | 'labels[0]' must be a string, but is null",
                "\"labels\":[           | \"labels\":{},\"x\":[   | 'labels' must be an array, but is object",
                "\"position\":{         | \"position\":0,\"x\":{  | 'position' must be a JSON object, but is number",
                "\"partition\":3        | \"partition\":99999999999 | breaks a rule",
                "\"batch\":\"32\"       | \"batch\":32            | 'settings.batch' must be a string, but is number",
                "\"loss\":0.125         | \"loss\":\"NaN\"        | 'metrics.loss' must be a number, but is string",
                "\"time\":\"2026        | \"time\":\"yesterday    | 'time' must be a time such as",
            })
    void namesTheFieldThatIsWrong(String good, String bad, String message) throws IOException {
        String golden = golden("version-schema-1.json");
        assertThat(golden).contains(good);
        assertThatThrownBy(() -> RegistryJson.readVersion(utf8(golden.replace(good, bad))))
                .isInstanceOf(RegistryFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesToWriteAFigureThatIsNone() {
        VersionRecord diverged = new VersionRecord(
                "m",
                1,
                Examples.TIME,
                null,
                "b",
                List.of(),
                List.of(),
                VERSION.position(),
                1,
                1,
                null,
                Map.of(),
                "",
                Map.of("loss", Double.NaN),
                Map.of(),
                null);
        assertThatThrownBy(() -> RegistryJson.write(diverged))
                .isInstanceOf(RegistryFormatException.class)
                .hasMessageContaining("metric 'loss' must be finite, but is NaN");
    }

    @Test
    void isReadableForPeopleToo() {
        assertThat(RegistryJson.pretty(VERSION).lines().count()).isGreaterThan(30);
        assertThat(RegistryJson.readVersion(utf8(RegistryJson.pretty(VERSION)))).isEqualTo(VERSION);
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(RegistryJsonTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
