package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunStatisticsTest {

    private static Map<String, Object> run(double test, long examples, String engine, List<Double> quarters) {
        return Map.of(
                "test",
                test,
                "examples",
                examples,
                "engine",
                engine,
                "baselines",
                Map.of("lda", Map.of("q", quarters)));
    }

    @Test
    void meanAndSpreadKeepTheShape() {
        List<Map<String, Object>> runs = List.of(
                run(0.5, 10, "torch", List.of(1.0, 0.0)),
                run(0.6, 12, "torch", List.of(0.0, 0.0)),
                run(0.7, 14, "torch", List.of(0.5, 0.0)));

        Map<String, Object> mean = RunStatistics.mean(runs);
        assertThat(mean)
                .containsEntry("test", 0.6)
                .containsEntry("examples", 12.0)
                .containsEntry("engine", "torch");
        assertThat(mean).containsEntry("baselines", Map.of("lda", Map.of("q", List.of(0.5, 0.0))));

        Map<String, Object> spread = RunStatistics.standardDeviation(runs);
        assertThat((Double) spread.get("test")).isCloseTo(0.1, within(1e-12));
        assertThat(spread).containsEntry("examples", 2.0).doesNotContainKey("engine");
        assertThat(spread).containsEntry("baselines", Map.of("lda", Map.of("q", List.of(0.5, 0.0))));
    }

    @Test
    void aFigureThatARunDoesNotHaveHasNoMean() {
        Map<String, Object> never = new HashMap<>();
        never.put("recoveryExamples", null);
        List<Map<String, Object>> runs = Arrays.asList(Map.of("recoveryExamples", 600), never);

        assertThat(RunStatistics.mean(runs)).containsEntry("recoveryExamples", null);
        assertThat(RunStatistics.standardDeviation(runs)).isEmpty();
        assertThat(RunStatistics.mean(List.of(Map.of("ends", List.of(1, 2)), Map.of("ends", List.of(1)))))
                .containsEntry("ends", null);
    }
}
