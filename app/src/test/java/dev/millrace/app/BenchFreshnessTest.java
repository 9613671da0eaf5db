package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchFreshnessTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void followsExamplesUntilTheyAreServed() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(("bench freshness --rate 40 --examples 20 --warm-up 1 --report r.json"
                        + " --set trainer.base=tiny --set trainer.version-every=1s --set trainer.voters=none")
                .split(" "));

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        assertThat(report.path("examples").asInt()).isEqualTo(20);
        assertThat(report.path("versions").asInt()).isGreaterThan(1);
        double p50 = report.path("wholeP50Ms").asDouble();
        double p99 = report.path("wholeP99Ms").asDouble();
        assertThat(p50).isPositive();
        assertThat(p99).isGreaterThanOrEqualTo(p50);
        assertThat(report.path("p50Ms").asDouble()).isCloseTo(p50 - 1000, within(1e-6));
        assertThat(report.path("p99Ms").asDouble()).isCloseTo(p99 - 1000, within(1e-6));
        for (String stage : new String[] {"ingest", "step", "writing", "loading"}) {
            assertThat(report.at("/stageMediansMs/" + stage).asDouble())
                    .as(stage)
                    .isPositive();
        }
        assertThat(shell.out()).contains("20 examples in", "sent to served", "beyond the interval");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "freshness", "--rate", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--rate must be above 0");
    }
}
