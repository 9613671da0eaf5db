package dev.millrace.app;

import static dev.millrace.app.WatchedMillrace.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/**
 * A real Prometheus watches a Millrace: every query of every dashboard finds something, and every alert fires once for the
 * reason it is there for. In order, for they share the two, and what comes later breaks more.
 */
@Timeout(180)
@TestMethodOrder(OrderAnnotation.class)
class WatchingTest {

    private static final Path DASHBOARDS = Path.of("../monitoring/grafana/dashboards");
    private static final Pattern VARIABLE = Pattern.compile("label_values\\((.*), (\\w+)\\)");
    private static final Map<String, String> OF_MODEL = Map.of("model", MODEL);

    @TempDir
    private static Path folder = Path.of("");

    private static @Nullable SmallDisk disk;
    private static WatchedMillrace millrace;
    private static Prometheus prometheus;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Prometheus.isInstalled(), "there is no prometheus on the path, so nothing watches");
        Path room = folder.resolve("disk");
        try {
            disk = SmallDisk.mount(room, 4);
        } catch (TestAbortedException e) {
            disk = null; // only the test that fills it is skipped
        }
        millrace = new WatchedMillrace(folder, disk == null ? List.of() : disk.starter(), room.resolve("store"));
        prometheus = Prometheus.start(
                folder.resolve("prometheus"), List.of(millrace.address(), millrace.addressElsewhere()));
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable each :
                Stream.of(prometheus, millrace, disk).filter(one -> one != null).toList()) {
            each.close();
        }
    }

    private static void awaitAlert(String alert, Map<String, String> labels) {
        RunningMillrace.await(() -> prometheus.fires(alert, labels), () -> alert + labels + " fires");
    }

    /** A process that starts beside others may miss a scrape, which counts at once here. */
    private static void awaitAllTargetsUp() {
        RunningMillrace.await(() -> !prometheus.fires("MillraceTargetDown", Map.of()), "every target answers");
    }

    private static void assertQuiet(String... alerts) {
        assertThat(alerts)
                .allSatisfy(alert ->
                        assertThat(prometheus.fires(alert, Map.of())).as(alert).isFalse());
    }

    @Test
    @Order(1)
    void aModelWithoutAVersionIsUnhealthy() {
        awaitAlert("MillraceUnhealthy", Map.of("check", "serving-default"));
        awaitAllTargetsUp();
        assertQuiet("MillraceFreshnessOverTarget", "MillraceGateRefusing", "MillraceDeadLetters");
    }

    @Test
    @Order(2)
    void recordsThatBreakTheContractShow() {
        millrace.sendExamples(160);
        millrace.sendAgain(8);
        millrace.sendBroken(30);
        awaitAlert("MillraceDeadLetters", Map.of());
    }

    @Test
    @Order(3)
    void eventsThatWereOldWhenTheyCameAreServedLate() {
        awaitAlert("MillraceFreshnessOverTarget", OF_MODEL);
    }

    @Test
    @Order(4)
    void aGateThatAllowsTooLittleRefusesOneVersionAfterTheOther() {
        awaitAlert("MillraceGateRefusing", OF_MODEL);
    }

    @Test
    @Order(5)
    void everyQueryOfEveryDashboardFindsSomething() throws Exception {
        millrace.ask("the sailor on a wave");
        RunningMillrace.await(
                () -> millrace.metrics().contains("millrace_scoring_predictions_total{"), "an input is answered");
        System.gc();
        millrace.untilMeasured("millrace_training_examples_total{model=\"default\"} 160.0");

        List<JsonNode> pages = new ArrayList<>();
        try (Stream<Path> files = Files.list(DASHBOARDS)) {
            for (Path file : files.toList()) {
                pages.add(new ObjectMapper().readTree(file.toFile()));
            }
        }
        List<String> expressions = pages.stream()
                .flatMap(page -> page.findValuesAsText("expr").stream())
                .map(WatchingTest::filledIn)
                .distinct()
                .toList();
        assertThat(pages).hasSize(5);
        assertThat(expressions).hasSizeGreaterThan(50);
        RunningMillrace.await(
                () -> {
                    // How long requests wait is known only while there are some.
                    assertThat(millrace.score("butter in the dough")).isEqualTo(200);
                    return withoutData(expressions).isEmpty();
                },
                () -> "data for all of " + withoutData(expressions));
        for (JsonNode page : pages) {
            Matcher variable =
                    VARIABLE.matcher(page.at("/templating/list/0/definition").asText());
            assertThat(variable.matches()).isTrue();
            assertThat(prometheus.labelValues(variable.group(1), variable.group(2)))
                    .containsExactly(MODEL);
        }
    }

    private static String filledIn(String expression) {
        return expression
                .replace("$model", MODEL)
                .replace("$__rate_interval", "10s")
                .replace("$__range", "5m");
    }

    private static List<String> withoutData(List<String> expressions) {
        return expressions.stream()
                .filter(expression -> {
                    try {
                        return !prometheus.hasData(expression);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    @Test
    @Order(6)
    void labelsThatAreExchangedAreADrift() {
        assertQuiet("MillraceDrift");
        millrace.sendConfused(160);
        awaitAlert("MillraceDrift", OF_MODEL);
    }

    @Test
    @Order(7)
    void aPausedModelFallsBehindAndStandsStill() {
        assertQuiet("MillraceTrainingStopped", "MillraceLagGrowing");
        millrace.untilMeasured("millrace_training_examples_total{model=\"default\"} 320.0");
        millrace.control("pause");
        millrace.sendExamples(540);
        millrace.wait(Duration.ofMinutes(10));
        awaitAlert("MillraceTrainingStopped", OF_MODEL);
        awaitAlert("MillraceLagGrowing", OF_MODEL);
        millrace.control("resume");
        millrace.untilMeasured("millrace_training_lag_records{model=\"default\"} 0.0");
        RunningMillrace.await(
                () -> !prometheus.fires("MillraceTrainingStopped", Map.of()), "the alert goes when training goes on");
    }

    @Test
    @Order(8)
    void aDiskBecomesFull() throws Exception {
        assumeTrue(disk != null, "this system lets nobody mount a disk in a namespace of his own");
        SmallDisk small = Objects.requireNonNull(disk);
        Map<String, String> there =
                Map.of("instance", millrace.addressElsewhere().getAuthority(), "place", "store");
        assertThat(prometheus.fires("MillraceStoreNearlyFull", there)).isFalse();
        small.fill();
        awaitAlert("MillraceStoreNearlyFull", there);
    }

    @Test
    @Order(9)
    void aProcessIsKilled() {
        awaitAllTargetsUp();
        Map<String, String> there =
                Map.of("instance", millrace.addressElsewhere().getAuthority());
        millrace.killElsewhere();
        awaitAlert("MillraceTargetDown", there);
    }

    @Test
    @Order(10)
    void aRateThatIsFarTooHighEndsInALossThatIsNotFiniteAndATrainerThatHasStopped() {
        assertQuiet("MillraceLossNotFinite", "MillraceShedding");
        millrace.control("set", "encoder-learning-rate=1", "head-learning-rate-factor=10000", "weight-decay=1");
        millrace.sendExamples(640);
        awaitAlert("MillraceLossNotFinite", OF_MODEL);
        awaitAlert("MillraceUnhealthy", Map.of("check", "trainer"));
        millrace.sendExamples(2500);
        awaitAlert("MillraceShedding", OF_MODEL);
    }

    @Test
    @Order(11)
    void aSubscriberIsCutOffFromKafka() {
        assertQuiet("MillraceSubscriberStale");
        millrace.stopKafka();
        millrace.wait(Duration.ofMinutes(10));
        awaitAlert("MillraceSubscriberStale", OF_MODEL);
        awaitAlert("MillraceDegraded", Map.of("check", "registry-default"));
    }
}
