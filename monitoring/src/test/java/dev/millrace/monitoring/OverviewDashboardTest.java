package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OverviewDashboardTest {

    private static final Path DASHBOARD = Path.of("grafana/dashboards/overview.json");
    private static final Path DATA_SOURCE = Path.of("grafana/provisioning/datasources/prometheus.yml");

    /** What may stand in an expression beside metrics. */
    private static final Set<String> LANGUAGE =
            Set.of("sum", "max", "min", "rate", "increase", "histogram_quantile", "clamp_min", "label_values", "or");

    private static final Pattern NOT_METRICS =
            Pattern.compile("\\{[^}]*}|\\[[^]]*]|\"[^\"]*\"|\\b(by|without)\\s*\\([^)]*\\)|\\$\\w+|,\\s*model\\s*\\)");
    private static final Pattern WORD = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");

    @Test
    void usesOnlyMetricsThatExist() throws IOException {
        Set<String> existing;
        try (Metrics metrics = Fed.once(Clock.systemUTC())) {
            existing = metrics.scrape()
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("[{ ]", 2)[0])
                    .collect(Collectors.toSet());
        }
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        List<String> expressions = Stream.concat(
                        dashboard.findValuesAsText("expr").stream(),
                        dashboard.at("/templating/list").findValuesAsText("definition").stream())
                .toList();

        Set<String> used = expressions.stream()
                .flatMap(OverviewDashboardTest::words)
                .filter(word -> !LANGUAGE.contains(word))
                .collect(Collectors.toSet());
        assertThat(used).hasSizeGreaterThan(20).isSubsetOf(existing);
        assertThat(expressions)
                .allSatisfy(expression -> assertThat(words(expression)).anyMatch(existing::contains));
    }

    @Test
    void explainsEveryPanelAndGivesItsUnit() throws IOException {
        List<JsonNode> panels = panels(new ObjectMapper().readTree(DASHBOARD.toFile()));
        String source = Files.readString(DATA_SOURCE);

        assertThat(panels).hasSizeGreaterThan(10).allSatisfy(panel -> {
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(panel.path("description").asText())
                    .as("%s", panel.path("title"))
                    .hasSizeGreaterThan(20);
            assertThat(panel.at("/fieldConfig/defaults/unit").asText())
                    .as("%s", panel.path("title"))
                    .isNotBlank();
            assertThat(source).contains("uid: " + panel.at("/datasource/uid").asText());
        });
        assertThat(panels.stream().map(panel -> panel.path("id").asInt())).doesNotHaveDuplicates();
    }

    private static List<JsonNode> panels(JsonNode dashboard) {
        List<JsonNode> panels = new ArrayList<>();
        dashboard.path("panels").forEach(panel -> {
            if (!panel.path("type").asText().equals("row")) {
                panels.add(panel);
            }
        });
        return panels;
    }

    private static Stream<String> words(String expression) {
        return WORD.matcher(NOT_METRICS.matcher(expression).replaceAll(" "))
                .results()
                .map(MatchResult::group);
    }
}
