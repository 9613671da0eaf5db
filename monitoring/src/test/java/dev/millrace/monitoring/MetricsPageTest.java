package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricsPageTest {

    private static final Path PAGE = Path.of("../docs/metrics.md");
    private static final Path GENERATED = Path.of("target/metrics.md");

    private static final Pattern HELP = Pattern.compile("# HELP (millrace_\\w+) (.*)");
    private static final Pattern TYPE = Pattern.compile("# TYPE (millrace_\\w+) (\\w+)");
    private static final Pattern SAMPLE = Pattern.compile("(millrace_\\w+)\\{(.*)}.*");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"[^\"]*\"");
    private static final List<String> UNITS = List.of("seconds", "records", "ratio", "nats", "bytes");

    @Test
    void thePageIsFresh() throws IOException {
        String page = page();
        Files.writeString(GENERATED, page);

        assertThat(PAGE)
                .as("the page of metrics; copy monitoring/target/metrics.md to docs/metrics.md")
                .hasContent(page);
    }

    private static String page() {
        Map<String, String> meanings = new TreeMap<>();
        Map<String, String> types = new TreeMap<>();
        Map<String, String> labels = new TreeMap<>();
        try (Metrics metrics = Fed.once(Clock.systemUTC())) {
            metrics.scrape().lines().forEach(line -> {
                put(meanings, HELP.matcher(line));
                put(types, TYPE.matcher(line));
                putLabels(labels, SAMPLE.matcher(line));
            });
        }
        StringBuilder page = new StringBuilder("""
                # Metrics

                Millrace serves these under `/metrics`, beside those of the JVM (`jvm_…`, `process_…`, `system_…`) and of its Kafka clients (`kafka_…`). Those of a model appear with its first event, and counters whose rise is an alert begin at zero before it. A histogram has `_bucket`, `_count` and `_sum`; its `_max` is the largest value of the last minutes. The dashboards in `monitoring/grafana/dashboards` show most of them, and `monitoring/alerts.yml` watches over some ([what to do](runbook.md)).

                | name | type | unit | labels | meaning |
                |---|---|---|---|---|
                """);
        types.forEach((name, type) -> {
            if (!name.endsWith("_max")) {
                String sample = type.equals("histogram") ? name + "_count" : name;
                page.append("| `%s` | %s | %s | %s | %s |\n"
                        .formatted(name, type, unit(name), labels.get(sample), meanings.get(name)));
            }
        });
        return page.toString();
    }

    private static void put(Map<String, String> values, Matcher line) {
        if (line.matches()) {
            values.put(line.group(1), line.group(2));
        }
    }

    private static void putLabels(Map<String, String> labels, Matcher sample) {
        if (sample.matches()) {
            labels.put(
                    sample.group(1),
                    LABEL.matcher(sample.group(2))
                            .results()
                            .map(label -> label.group(1))
                            .collect(Collectors.joining(", ")));
        }
    }

    private static String unit(String name) {
        return UNITS.stream()
                .filter(unit -> name.replaceAll("_total$", "").endsWith("_" + unit))
                .findFirst()
                .orElse("–");
    }
}
