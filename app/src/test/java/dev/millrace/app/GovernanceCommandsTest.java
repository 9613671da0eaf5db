package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.RegistryEntry;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.Verdict.Finding;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What people decide of versions, as they do it. */
@Timeout(120)
class GovernanceCommandsTest {

    private static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    @TempDir
    private Path folder = Path.of("");

    private EmbeddedBroker broker;

    @BeforeEach
    void publishThree() throws Exception {
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (Admin admin = Admin.create(client)) {
            admin.createTopics(RegistryTopic.all("model-registry", (short) 1))
                    .all()
                    .get();
        }
        try (VersionPublisher publisher = VersionPublisher.open(client, "model-registry", "test")) {
            List<RegistryEntry> entries = new ArrayList<>();
            for (long number = 1; number <= 3; number++) {
                entries.add(version(number));
                entries.add(new Alias(
                        "support", Alias.CHAMPION, number, number == 1 ? null : number - 1, TIME, "trainer", "newest"));
            }
            entries.add(new Verdict(
                    "support",
                    3,
                    2L,
                    List.of(new Finding("accuracy", false, Map.of(), "worse on 9 of 100, better on 1")),
                    TIME,
                    "trainer"));
            publisher.change(entries, List.of());
        }
    }

    private static VersionRecord version(long number) {
        return new VersionRecord(
                "support",
                number,
                TIME,
                number == 1 ? null : number - 1,
                "minilm-l6",
                List.of(),
                List.of("billing", "shipping"),
                new LogPosition("training-examples", 3, 500 * number),
                500 * number,
                16 * number,
                TIME,
                Map.of("seed", "42"),
                "cd".repeat(32),
                Map.of(),
                Map.of("device", "cpu"),
                new Lineage(
                        500 * (number - 1),
                        List.of(new Lineage.Intervention(
                                500 * (number - 1), "set", Map.of("batch-size", "8"), TIME, "ann", "try " + number)),
                        List.of(),
                        List.of()));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private String succeed(String arguments) {
        Shell shell = new Shell(folder);
        assertThat(shell.run((arguments + " --bootstrap-servers " + broker.bootstrapServers()).split(" ")))
                .as(shell::err)
                .isZero();
        return shell.out();
    }

    private JsonNode json(String arguments) throws IOException {
        return new ObjectMapper().readTree(succeed(arguments));
    }

    private String fail(String arguments) {
        Shell shell = new Shell(folder);
        assertThat(shell.run((arguments + " --bootstrap-servers " + broker.bootstrapServers()).split(" ")))
                .isEqualTo(2);
        return shell.err();
    }

    @Test
    void rollsBackHoldsAndLetsGo() throws Exception {
        assertThat(succeed("registry rollback support --by ann --reason complaints"))
                .isEqualToIgnoringNewLines(
                        "Alias champion of support is held at version 2; before, it led to version 3.");
        assertThat(succeed("registry show support@champion")).startsWith("Version 2 of support");
        assertThat(succeed("registry unpin support"))
                .isEqualToIgnoringNewLines("Alias champion of support leads to version 3 again.");
        assertThat(succeed("registry pin support 1")).contains("is held at version 1");
        assertThat(succeed("registry promote support 2")).contains("leads to version 2; before, to version 1.");
        assertThat(succeed("registry promote support@champion --alias stable"))
                .contains("Alias stable of support leads to version 2.");
        assertThat(succeed("registry show support stable")).startsWith("Version 2 of support");

        assertThat(succeed("registry remove-alias support --alias stable"))
                .isEqualToIgnoringNewLines("Alias stable of support is gone.");
        assertThat(fail("registry show support stable")).contains("there is no version stable of model support");

        assertThat(succeed("registry history support").lines())
                .hasSize(1 + 7 + 8)
                .anySatisfy(line -> assertThat(line)
                        .containsSubsequence("support", "rolled-back", "2", "champion", "3", "ann", "complaints"));
        assertThat(json("registry history --json").get("events")).hasSize(7 + 8);
    }

    @Test
    void aChangeTellsAScriptWhatTheLogSaysOfIt() throws Exception {
        JsonNode told = json("registry pin support 1 --by ann --reason fair --json");
        assertThat(told.at("/events/0/action").asText()).isEqualTo("rolled-back");
        assertThat(told.at("/events/0/by").asText()).isEqualTo("ann");
        assertThat(told.at("/events")).hasSize(1);
        JsonNode promoted = json("registry promote support 2 --json");
        assertThat(promoted.at("/events")).hasSize(2);
        JsonNode history = json("registry history support --json").get("events");
        assertThat(history.get(history.size() - 2)).isEqualTo(promoted.at("/events/0"));
    }

    @Test
    void retiresAVersion() {
        assertThat(succeed("registry retire support 1 --reason wrong-import"))
                .isEqualToIgnoringNewLines("Version 1 of support is retired.");
        assertThat(fail("registry promote support 1")).contains("version 1 of support was retired by");
        assertThat(fail("registry retire support 3")).contains("champion leads to it; promote another version first");
    }

    @Test
    void showsHowAVersionCameToBe() throws Exception {
        assertThat(succeed("registry lineage support 3").lines())
                .anyMatch(line -> line.startsWith("Version 3"))
                .contains(
                        "  learned 500 examples in 16 steps, offsets 1000 to 1499 of training-examples, partition 3",
                        "  at offset 1000: set {batch-size=8}, by ann: try 3",
                        "  the gate: refused, against version 2",
                        "    accuracy: worse on 9 of 100, better on 1",
                        "From the base, minilm-l6");
        JsonNode line = json("registry lineage support@champion --json");
        assertThat(line.get("chain")).hasSize(3);
        assertThat(line.at("/chain/0/interventions/0/reason").asText()).isEqualTo("try 3");
    }

    @Test
    void whatCannotBeDoneIsOneLineAndExitCodeTwo() {
        assertThat(fail("registry promote support")).contains("which version? Name its number, or an alias");
        assertThat(fail("registry promote sales 1")).contains("there is no model 'sales'; there are [support]");
        assertThat(fail("registry unpin support")).contains("alias 'champion' of support is not pinned");
        assertThat(fail("registry rollback support 3")).contains("is no earlier than version 3");
        assertThat(fail("registry show support@champion 2")).contains("names a version already, so 2 is one too many");
    }
}
