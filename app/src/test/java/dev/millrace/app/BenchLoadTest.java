package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks of what is too much, each with little of it. */
class BenchLoadTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    @Tag("slow")
    void everySecondRecordIsBroken() throws Exception {
        JsonNode report = run("bench poison --records 2000 --turns 1");
        assertThat(report.at("/ledger/present").asInt()).isEqualTo(2000);
        assertThat(report.at("/deadLetters/present").asInt()).isEqualTo(2000);
        assertThat(report.path("soundPerSecond").asDouble()).isPositive();
        assertThat(report.path("poisonedPerSecond").asDouble()).isPositive();
    }

    @Test
    @Tag("slow")
    void aBurstOfWhichASampleIsTaken() throws Exception {
        JsonNode report = run("bench burst --rate 20 --seconds 1 --factor 100 --burst-seconds 0.5"
                + " --set trainer.base=tiny --set trainer.voters=none --set trainer.version-every-examples=100"
                + " --set ingest.shed-above-lag=200");
        JsonNode outcome = report.path("outcome");
        int shed = outcome.path("shed").asInt();
        assertThat(shed).isPositive();
        assertThat(outcome.at("/ledger/present").asInt() + shed)
                .isEqualTo(outcome.path("sent").asInt())
                .isGreaterThanOrEqualTo(1020);
        assertThat(outcome.path("learned").asInt())
                .isEqualTo(outcome.at("/ledger/present").asInt());
        assertThat(outcome.path("mostLag").asInt()).isPositive();
    }

    @Test
    @Tag("slow")
    void aLedgerThatIsLong() throws Exception {
        JsonNode report =
                run("bench ledger --records 3000 --steps 3 --set trainer.base=tiny --set trainer.voters=none");
        assertThat(report.path("readPerSecond").asDouble()).isPositive();
        assertThat(report.at("/nearTheEnd/learned").asInt())
                .isEqualTo(2 * report.at("/behindAll/learned").asInt())
                .isPositive();
        assertThat(report.at("/fromTheBeginning/steppedSeconds").asDouble()).isPositive();
    }

    private JsonNode run(String command) throws Exception {
        Shell shell = new Shell(folder);
        int exit = shell.run((command + " --report r.json").split(" "));
        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        return new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
    }
}
