package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchRegistryTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void timesASmallRegistry() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(
                "bench", "registry", "--models", "3", "--versions", "10", "--promotions", "4", "--report", "r.json");

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        assertThat(report.path("versions").asInt()).isEqualTo(10);
        assertThat(report.path("foldMs").asDouble()).isPositive();
        assertThat(report.path("promotionToServedP50Ms").asDouble()).isPositive();
        assertThat(report.path("promotionToServedP99Ms").asDouble())
                .isGreaterThanOrEqualTo(report.path("promotionToServedP50Ms").asDouble());
        assertThat(shell.out()).contains("10 versions of 3 models", "promotion to served");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "registry", "--models", "6", "--versions", "10"))
                .isEqualTo(2);
        assertThat(shell.err()).contains("--versions at least twice the number of models");
    }
}
