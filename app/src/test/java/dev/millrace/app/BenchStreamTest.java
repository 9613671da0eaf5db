package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchStreamTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void learnsTheSameTheWholeWayAndBare() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run(("bench stream --rounds 1 --warm-up 2 --limit 90 --report r.json"
                        + " --set trainer.base=tiny --set trainer.version-every-examples=40")
                .split(" "));

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        assertThat(report.path("examples").asInt()).isEqualTo(90);
        assertThat(report.path("bareSeconds").asDouble()).isPositive();
        assertThat(report.path("endToEndSeconds").asDouble()).isPositive();
        assertThat(report.path("overBareStep").asDouble()).isPositive();
        assertThat(report.path("overNaive").asDouble()).isPositive();
        double all = 0;
        for (JsonNode share : report.path("threadShares")) {
            assertThat(share.asDouble()).isBetween(0.0, 1.0);
            all += share.asDouble();
        }
        assertThat(all).as("every moment is told, and once").isCloseTo(1, within(0.1));
        assertThat(report.at("/threadShares/step").asDouble()).isPositive();
        assertThat(shell.out()).contains("90 examples of the sample", "bare over the whole way");
    }

    @Test
    void copiesAModelNowAndThenWhileItLearnsAFile() throws Exception {
        StringBuilder tickets = new StringBuilder("message,queue\n");
        for (int i = 0; i < 100; i++) {
            tickets.append(i % 2 == 0 ? "my card is lost " + i + ",cards\n" : "the parcel is late " + i + ",parcels\n");
        }
        Files.writeString(folder.resolve("tickets.csv"), tickets);
        Shell shell = new Shell(folder);

        int exit =
                shell.run(("bench checkpoint --data tickets.csv --text message --label queue --every 2 --report r.json"
                                + " --set trainer.base=tiny --set trainer.batch-size=8")
                        .split(" "));

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        assertThat(report.path("copies").asInt()).isEqualTo(6);
        assertThat(report.path("stepsPerVersion").asDouble()).isEqualTo(125);
        assertThat(report.path("copyMs").asDouble()).isPositive();
        double training = report.path("trainingMsPerVersion").asDouble();
        assertThat(training).isEqualTo(125 * report.path("stepMs").asDouble());
        assertThat(report.path("stallShare").asDouble())
                .isEqualTo(report.path("copyMs").asDouble()
                        / (report.path("copyMs").asDouble() + training));
        assertThat(shell.out()).contains("copy for a version");
    }

    @Test
    void saysWhatIsWrongWithTheirOptions() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "stream", "--rounds", "0")).isEqualTo(2);
        assertThat(shell.run("bench", "stream", "--data", "absent.csv")).isEqualTo(2);
        assertThat(shell.run("bench", "checkpoint", "--every", "0")).isEqualTo(2);

        assertThat(shell.err())
                .contains("--rounds and --warm-up must be >= 1", "there is no file", "--every must be >= 1");
    }
}
