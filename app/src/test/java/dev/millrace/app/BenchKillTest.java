package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.PretrainedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, real SIGKILL: the promise of exactly once and bit-exact, ten times in a row. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGKILL")
class BenchKillTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void tenKillsChangeNothing() throws Exception {
        // The processes under test work in folders of their own, and find a relative base all the same.
        BaseFolderTest.save(folder.resolve("saved"), PretrainedModel.bundledTokenizer());
        Shell shell = new Shell(folder);

        int exit = shell.run("bench", "kill", "--kills", "10", "--base", "saved/", "--report", "kills.json");

        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("kills.json")));
        assertThat(exit).as("%s%n%s%n%s", report, shell.out(), shell.err()).isZero();
        assertThat(report.path("kills").asInt()).isEqualTo(10);
        assertThat(report.path("inCheckpoint").asInt(-1)).isBetween(1, 10);
        assertThat(report.path("inTransaction").asInt(-1)).isBetween(1, 10);
        assertThat(report.path("digest").asText()).matches("[0-9a-f]{64}");
        assertThat(report.path("undisturbedDigest").asText())
                .isEqualTo(report.path("digest").asText());
        assertThat(report.path("identical").asBoolean()).isTrue();
        assertThat(report.path("lost").asInt(-1)).isZero();
        assertThat(report.path("twice").asInt(-1)).isZero();
        assertThat(report.path("unverified").asInt(-1)).isZero();
        assertThat(report.path("rejected").asInt(-1)).isZero();
        assertThat(report.path("examples").asInt()).isEqualTo(24 * 16);
        assertThat(report.path("versions").asInt()).isEqualTo(24);
        assertThat(report.path("seed").asInt()).isEqualTo(1);
        assertThat(report.path("seconds").asDouble()).isPositive();
        assertThat(report.path("medianRestartSeconds").asDouble()).isPositive();
        assertThat(shell.out()).contains("10 kills survived", ": identical");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "kill", "--kills", "0")).isEqualTo(2);
        assertThat(shell.run("bench", "kill", "--base", "huge")).isEqualTo(2);
        assertThat(shell.run("bench", "kill", "--report", "nowhere/kills.json")).isEqualTo(2);
        assertThat(shell.err())
                .contains("--kills must be >= 1, but is 0")
                .contains(
                        "option --base: trainer.base must be minilm-l6, bge-small, e5-small, tiny, or the path, with a / in it")
                .contains("but is \"huge\"")
                .contains("there is no folder");
    }
}
