package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchScoreTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void comparesThreeWaysToAnswer() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(
                "bench",
                "score",
                "--clients",
                "8",
                "--rounds",
                "1",
                "--turn",
                "50",
                "--report",
                "r.json",
                "--set",
                "trainer.base=tiny");

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        double bare = report.path("bareTextsPerSecond").asDouble();
        double batched = report.path("batchedTextsPerSecond").asDouble();
        assertThat(bare).isPositive();
        assertThat(batched).isPositive();
        assertThat(report.path("unbatchedTextsPerSecond").asDouble()).isPositive();
        assertThat(report.path("ratioToBare").asDouble()).isEqualTo(batched / bare);
        assertThat(shell.out()).contains("8 clients", "requests answered together");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "score", "--clients", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--clients, --rounds and --turn must be >= 1");
    }
}
