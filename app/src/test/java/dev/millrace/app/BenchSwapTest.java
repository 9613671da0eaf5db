package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchSwapTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void asksWhileVersionsAreSwapped() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(("bench swap --threads 2 --rounds 1 --span 1s --swap-every 200ms --report r.json"
                        + " --set trainer.base=tiny --set trainer.version-every-examples=300")
                .split(" "));

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        assertThat(report.at("/peace/swaps").asLong()).isZero();
        assertThat(report.at("/swaps/swaps").asLong()).isPositive();
        for (String half : new String[] {"/peace", "/swaps"}) {
            assertThat(report.at(half + "/requests").asLong()).isPositive();
            assertThat(report.at(half + "/p50Ms").asDouble()).isPositive();
            assertThat(report.at(half + "/p99Ms").asDouble())
                    .isBetween(
                            report.at(half + "/p50Ms").asDouble(),
                            report.at(half + "/maxMs").asDouble());
        }
        assertThat(shell.out()).contains("in peace", "while versions are swapped");
    }

    @Test
    void saysWhatIsWrongWithItsOptions() {
        Shell shell = new Shell(folder);
        assertThat(shell.run("bench", "swap", "--threads", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--threads and --rounds must be >= 1");
    }
}
