package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchJobsTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void comparesModelsInTurnsWithOneAfterTheOther() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(
                "bench",
                "jobs",
                "--models=3",
                "--mini-batches=2",
                "--rounds=1",
                "--set=trainer.base=tiny",
                "--set=trainer.frozen-layers=1",
                "--limit=64",
                "--report=jobs.json");

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("jobs.json")));
        double together = report.path("togetherMs").asDouble();
        double alone = report.path("aloneMs").asDouble();
        assertThat(together).isPositive();
        assertThat(alone).isPositive();
        assertThat(report.path("lossShare").asDouble()).isEqualTo(1 - alone / together);
        assertThat(shell.out()).contains("3 models, 2 mini-batches each, of the sample", "resident MB of each model");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "jobs", "--models=1")).isEqualTo(2);
        assertThat(shell.err()).contains("--models must be >= 2");
        assertThat(shell.run("bench", "jobs", "--limit=20", "--set=trainer.base=tiny", "--set=trainer.frozen-layers=1"))
                .isEqualTo(2);
        assertThat(shell.err()).contains("the examples make 1 mini-batches, and not 4: take more of them");
    }
}
