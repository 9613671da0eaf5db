package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the benchmarks of the step alone tell. How fast it is, and how much memory it takes, is not tested. */
@Tag("slow")
class BenchStepTest {

    @TempDir
    private Path folder = Path.of("");

    private JsonNode report(String... arguments) throws Exception {
        Shell shell = new Shell(folder);
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--report", "r.json"));

        int exit = shell.run(all.toArray(String[]::new));

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        return new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
    }

    @Test
    void tellsHowTheStepComparesAndWhereItsTimeGoes() throws Exception {
        JsonNode report = report(
                "bench",
                "step",
                "--batch",
                "4",
                "--tokens",
                "8",
                "--runs",
                "3",
                "--frozen-layers",
                "1",
                "--set",
                "trainer.base=tiny");

        double naive = report.get("naiveFloat32Ms").asDouble();
        double step = report.get("stepMs").asDouble();
        assertThat(naive).isPositive();
        assertThat(report.get("ratio").asDouble()).isEqualTo(naive / step);
        assertThat(report.get("frozenPrefixRatio").asDouble())
                .isEqualTo(naive / report.get("frozenPrefixMs").asDouble());
        assertThat(report.get("frozenLayers").asInt())
                .as("two thirds of two layers")
                .isEqualTo(1);
        assertThat(report.get("productsAtPeakMs").asDouble()).isPositive().isLessThan(step);
        assertThat(report.get("operatorsMs").get("aten::mm").asDouble()).isPositive();
    }

    @Test
    void tellsHowMuchTheMemoryHasGrown() throws Exception {
        JsonNode report = report("bench", "memory", "--steps", "200");

        assertThat(report.get("residentMB")).hasSize(100);
        double before = report.get("residentMBBefore").asDouble();
        double after = report.get("residentMBAfter").asDouble();
        assertThat(report.get("growthShare").asDouble()).isEqualTo((after - before) / before);
    }
}
