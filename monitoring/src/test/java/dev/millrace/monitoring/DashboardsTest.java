package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DashboardsTest {

    private static final Path FOLDER = Path.of("grafana/dashboards");
    private static final Path GENERATED = Path.of("target/dashboards");
    private static final Path DATA_SOURCE = Path.of("grafana/provisioning/datasources/prometheus.yml");
    private static final Pattern RECORD = Pattern.compile("- record: (\\S+)");
    private static final Pattern METER = Pattern.compile("[a-z_:]*\\bmillrace_[a-z0-9_:]+");

    @Test
    void theFilesAreFresh() throws IOException {
        Files.createDirectories(GENERATED);
        List<Dashboard> all = Dashboards.all();
        for (Dashboard dashboard : all) {
            String json = DashboardJson.of(dashboard, all);
            Files.writeString(GENERATED.resolve(dashboard.name() + ".json"), json);
        }
        for (Dashboard dashboard : all) {
            Path file = Path.of(dashboard.name() + ".json");
            assertThat(FOLDER.resolve(file))
                    .as("%s; copy monitoring/target/dashboards to monitoring/grafana/dashboards", file)
                    .hasContent(Files.readString(GENERATED.resolve(file)));
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files).hasSameSizeAs(all);
        }
        assertThat(Files.readString(DATA_SOURCE)).contains("uid: prometheus");
    }

    @Test
    void noTwoTilesOfADashboardAreCalledTheSame() {
        assertThat(Dashboards.all())
                .allSatisfy(dashboard -> assertThat(dashboard.rows().stream()
                                .flatMap(row -> row.tiles().stream())
                                .map(Tile::title))
                        .doesNotHaveDuplicates());
    }

    /** Whether the queries find anything in a running Millrace is seen in the tests of app, where there is a Prometheus. */
    @Test
    void queriesAndRulesUseOnlyWhatIsMeasuredOrRecorded() throws IOException {
        String rules = Files.readString(Path.of("rules.yml"));
        Set<String> known;
        try (Metrics metrics = Fed.once(Clock.systemUTC())) {
            known = Stream.concat(
                            metrics.scrape()
                                    .lines()
                                    .filter(line -> !line.startsWith("#"))
                                    .map(line -> line.split("[{ ]", 2)[0]),
                            RECORD.matcher(rules).results().map(found -> found.group(1)))
                    .collect(Collectors.toSet());
        }
        String asked = Dashboards.all().stream()
                .flatMap(dashboard -> dashboard.rows().stream())
                .flatMap(row -> row.tiles().stream())
                .filter(Panel.class::isInstance)
                .flatMap(tile -> ((Panel) tile).queries().stream())
                .map(Query::expression)
                .collect(Collectors.joining("\n", rules + Files.readString(Path.of("alerts.yml")), "\n"));
        assertThat(METER.matcher(asked).results().map(MatchResult::group).collect(Collectors.toSet()))
                .hasSizeGreaterThan(40)
                .isSubsetOf(known);
    }
}
