package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchIngestTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void takesRecordsInBesideACopy() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(
                "bench", "ingest", "--records", "2000", "--turns", "1", "--warm-up", "1", "--report", "r.json");

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        assertThat(report.path("records").asInt()).isEqualTo(2000);
        double taken = report.path("recordsPerSecond").asDouble();
        double copied = report.path("copiedPerSecond").asDouble();
        assertThat(taken).isPositive();
        assertThat(copied).isPositive();
        assertThat(report.path("overBareCopy").asDouble()).isCloseTo(taken / copied, within(1e-9));
        assertThat(report.path("ingestProcessorMicros").asDouble()).isPositive();
        assertThat(report.path("copyProcessorMicros").asDouble()).isPositive();
        assertThat(shell.out()).contains("2000 records, 1 thread of ingest", "taken in over copied");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "ingest", "--records", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--records and --turns must be >= 1");
    }
}
