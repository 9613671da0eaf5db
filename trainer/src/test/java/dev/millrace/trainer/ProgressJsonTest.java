package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.ProgressReport.Found;
import dev.millrace.trainer.ProgressReport.News;
import dev.millrace.trainer.ProgressReport.Tally;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressJsonTest {

    private static final ProgressReport FULL = new ProgressReport(
            "support",
            "trainer-1",
            Instant.parse("2026-11-24T10:00:00Z"),
            3,
            new Standing(
                    131,
                    8,
                    120,
                    90,
                    2,
                    new StepReport.Votes(
                            120,
                            Map.of("fine-tuned", 88L, "linear", 70L),
                            Map.of("fine-tuned", 0.75, "linear", 0.25),
                            0.0625),
                    0.5),
            12L,
            Duration.ofMillis(1004),
            new News(
                    16,
                    List.of(new Found("a", 101), new Found(null, 99)),
                    new TreeMap<>(Map.of("b", new Tally(6, 6), "a", new Tally(10, 8))),
                    List.of(new AnsweredExample(127, "a", "b"), new AnsweredExample(129, "a", "")),
                    0));

    private static final String FULL_JSON = "{\"schema\":1,\"model\":\"support\",\"instance\":\"trainer-1\","
            + "\"time\":\"2026-11-24T10:00:00Z\",\"partition\":3,\"nextOffset\":131,\"steps\":8,\"examples\":120,"
            + "\"correct\":90,\"labels\":2,\"loss\":0.5,\"calibrationError\":0.0625,\"lag\":12,"
            + "\"votes\":{\"fine-tuned\":{\"correct\":88,\"weight\":0.75},"
            + "\"linear\":{\"correct\":70,\"weight\":0.25}},"
            + "\"news\":{\"elapsedMs\":1004,\"examples\":16,"
            + "\"drifts\":[{\"label\":\"a\",\"since\":101},{\"since\":99}],"
            + "\"labels\":{\"a\":[10,8],\"b\":[6,6]},"
            + "\"mistakes\":[{\"offset\":127,\"label\":\"a\",\"answer\":\"b\"},"
            + "{\"offset\":129,\"label\":\"a\",\"answer\":\"\"}],\"mistakesLeftOut\":0}}";

    @Test
    void keepsItsBytes() {
        assertThat(new String(ProgressJson.write(FULL), StandardCharsets.UTF_8)).isEqualTo(FULL_JSON);
        assertThat(ProgressJson.read(FULL_JSON.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(FULL);
    }

    @Test
    void leavesOutALagThatIsNotKnownAndPassesOverWhatItDoesNotKnow() {
        ProgressReport quiet = new ProgressReport(
                "support",
                "trainer-1",
                FULL.time(),
                0,
                new Standing(0, 0, 0, 0, 0, StepReport.Votes.NONE, 0),
                null,
                Duration.ZERO,
                News.NONE);
        String json = new String(ProgressJson.write(quiet), StandardCharsets.UTF_8);
        assertThat(json).doesNotContain("lag", "null");
        assertThat(ProgressJson.read(json.replace("\"partition\"", "\"mood\":[1],\"partition\"")
                        .getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(quiet);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"schema\":1->\"schema\":2",
                "\"correct\":90->\"correct\":121",
                "\"a\":[10,8]->\"a\":[10,11]",
                "\"a\":[10,8]->\"a\":[10]",
                "\"a\":[10,8]->\"a\":[10,\"8\"]",
                "\"elapsedMs\":1004->\"elapsedMs\":-1",
                "\"partition\":3->\"partition\":3e11",
                "\"loss\":0.5->\"loss\":\"NaN\"",
                "\"time\"->\"thyme\"",
                "T10:00->T1:00",
                "support->",
                "\"news\"->\"olds\"",
                "}->"
            })
    void refusesWhatIsNoReport(String change) {
        String[] parts = change.split("->", -1);
        byte[] json = FULL_JSON.replace(parts[0], parts[1]).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> ProgressJson.read(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a report of a trainer: ");
    }
}
