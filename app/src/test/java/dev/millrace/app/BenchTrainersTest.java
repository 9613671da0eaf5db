package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real trainer processes that share models, and real SIGKILL: what comes out is what one trainer alone would have made. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGKILL")
class BenchTrainersTest {

    @TempDir
    private Path folder = Path.of("");

    private JsonNode report() throws Exception {
        return new ObjectMapper().readTree(Files.readString(folder.resolve("trainers.json")));
    }

    @Test
    @Tag("slow")
    void ofManyTrainersAnyMayBeKilled() throws Exception {
        int exit = new Shell(folder)
                .run(
                        "bench",
                        "trainers",
                        "--kills",
                        "3",
                        "--models",
                        "4",
                        "--set",
                        "trainer.session-timeout=1s",
                        "--report",
                        "trainers.json");

        JsonNode report = report();
        assertThat(exit).as("%s", report).isZero();
        assertThat(report.path("holds").asBoolean()).isTrue();
        assertThat(report.path("digest").asText())
                .matches("[0-9a-f]{64}")
                .isEqualTo(report.path("aloneDigest").asText());
        for (String nothing : new String[] {"different", "versionsLost", "gaps", "twice", "missed", "unverified"}) {
            assertThat(report.path(nothing).asInt(-1)).as(nothing).isZero();
        }
        assertThat(report.path("compared").asInt()).isGreaterThanOrEqualTo(4);
        assertThat(report.path("standstills").path("all").path("p50Seconds").asDouble())
                .isPositive();
    }

    @Test
    @Tag("slow")
    void twoProcessesLearnFasterThanOneWhereStepsTakeAFixedTime() throws Exception {
        int exit = new Shell(folder)
                .run(
                        "bench",
                        "trainers",
                        "--simulated-step",
                        "500ms",
                        "--processes",
                        "2",
                        "--models",
                        "2",
                        "--window",
                        "4s",
                        "--report",
                        "trainers.json");

        assertThat(exit).isZero();
        JsonNode measured = report().path("throughput").path(0);
        assertThat(measured.path("processes").asInt()).isEqualTo(2);
        // One process makes two steps of eight examples a second at most, whatever the machine.
        assertThat(measured.path("examplesPerSecond").asDouble()).isBetween(18.0, 34.0);
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "trainers", "--kills", "0")).isEqualTo(2);
        assertThat(shell.run("bench", "trainers", "--models", "2", "--processes", "3"))
                .isEqualTo(2);
        assertThat(shell.run("bench", "trainers", "--processes", "1,2")).isEqualTo(2);
        assertThat(shell.run("bench", "trainers", "--simulated-step", "soon")).isEqualTo(2);
        assertThat(shell.err())
                .contains("--kills must be >= 1, but is 0")
                .contains("--models at least as many as --processes")
                .contains("several numbers with --simulated-step alone")
                .contains("--simulated-step: \"soon\" is no duration");
    }
}
