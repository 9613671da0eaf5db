package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlertsTest {

    private static final Path RUNBOOK = Path.of("../docs/runbook.md");
    private static final Pattern SECTION = Pattern.compile("(?m)^## (.+)$");
    private static final List<String> QUESTIONS = List.of(
            "**What it means.**", "**Look first.**", "**Usual causes.**", "**What to do.**", "**Safe to ignore.**");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "check rules --lint=all --lint-fatal rules.yml alerts.yml",
                "check config --lint=all --lint-fatal prometheus.yml",
                "test rules alerts.test.yml"
            })
    void promtoolFindsNoFault(String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments.split(" ")));
        Process promtool;
        try {
            promtool = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            abort("there is no promtool on the path: " + e.getMessage());
            return;
        }
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(said).isZero();
        assertThat(said).contains("SUCCESS").doesNotContain("FAILED");
    }

    @Test
    void eachAlertSaysHowBadItIsAndWhereItIsExplained() throws IOException {
        String runbook = Files.readString(RUNBOOK);
        Set<String> sections =
                SECTION.matcher(runbook).results().map(found -> found.group(1)).collect(Collectors.toSet());
        List<JsonNode> alerts = alerts();

        assertThat(alerts).hasSizeGreaterThan(9).allSatisfy(alert -> {
            assertThat(alert.at("/labels/severity").asText()).isIn("critical", "warning", "info");
            assertThat(alert.at("/annotations/summary").asText()).isNotBlank();
            assertThat(alert.at("/annotations/description").asText()).contains("model");
            assertThat(alert.at("/annotations/runbook_url").asText())
                    .isEqualTo("docs/runbook.md#"
                            + section(alert).toLowerCase(Locale.ROOT).replace(' ', '-'));
        });
        assertThat(alerts.stream().map(AlertsTest::section)).containsExactlyInAnyOrderElementsOf(sections);
    }

    @Test
    void eachSectionOfTheRunbookAnswersTheSameQuestions() throws IOException {
        String[] sections = SECTION.split(Files.readString(RUNBOOK));
        assertThat(Stream.of(sections).skip(1))
                .hasSizeGreaterThan(9)
                .allSatisfy(section -> assertThat(section).containsSubsequence(QUESTIONS));
    }

    @Test
    void eachAlertIsTriedFiring() throws IOException {
        JsonNode tests = new YAMLMapper().readTree(Path.of("alerts.test.yml").toFile());
        Set<String> firing = tests.findValues("alert_rule_test").stream()
                .flatMap(cases ->
                        Stream.iterate(0, i -> i < cases.size(), i -> i + 1).map(cases::get))
                .filter(one -> !one.path("exp_alerts").isEmpty())
                .map(one -> one.path("alertname").asText())
                .collect(Collectors.toSet());
        assertThat(alerts()).extracting(alert -> alert.path("alert").asText()).allMatch(firing::contains);
    }

    private static List<JsonNode> alerts() throws IOException {
        List<JsonNode> alerts = new ArrayList<>();
        new YAMLMapper()
                .readTree(Path.of("alerts.yml").toFile())
                .at("/groups/0/rules")
                .forEach(alerts::add);
        return alerts;
    }

    /** {@code MillraceLagGrowing} is explained under {@code Lag growing}. */
    private static String section(JsonNode alert) {
        String words = alert.path("alert")
                .asText()
                .replaceFirst("^Millrace", "")
                .replaceAll("(?<=.)([A-Z])", " $1")
                .toLowerCase(Locale.ROOT);
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }
}
