package dev.millrace.monitoring;

import static dev.millrace.monitoring.Fed.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.ShadowOutcome;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.Verdict.Finding;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is told of versions from being published on, and of the answers that they give. */
class ServingMetricsTest {

    @Test
    void followsAVersionFromBeingPublishedToBeingServed() {
        Clock clock = Clock.fixed(NOON, ZoneOffset.UTC);
        try (Metrics metrics = new Metrics(clock)) {
            metrics.registry().published(Fed.version(3, NOON), Duration.ofMillis(300));
            metrics.registry().published(Fed.version(4, NOON), Duration.ofMillis(300));
            Finding worse = new Finding("accuracy", false, Map.of(), "worse");
            metrics.registry().judged(new Verdict("support", 3, null, List.of(), NOON, "trainer"));
            metrics.registry().judged(new Verdict("support", 4, 3L, List.of(worse), NOON, "trainer"));
            metrics.registry().judged(new Verdict("support", 5, 3L, List.of(worse), NOON, "trainer"));
            metrics.registry().swapped(Fed.version(3, NOON), Duration.ofMillis(80), Duration.ofSeconds(9));
            metrics.registry().refused(Fed.version(4, NOON), new IllegalStateException("digest"));

            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_registry_versions_published_total{model=\"support\"} 2.0",
                            "millrace_registry_versions_judged_total{model=\"support\",verdict=\"passed\"} 1.0",
                            "millrace_registry_versions_judged_total{model=\"support\",verdict=\"refused\"} 2.0",
                            "millrace_registry_version{model=\"support\"} 4.0",
                            "millrace_registry_version_age_seconds{model=\"support\"} 5.0",
                            "millrace_registry_checkpoint_write_seconds_bucket{model=\"support\",le=\"0.25\"} 0",
                            "millrace_registry_checkpoint_write_seconds_bucket{model=\"support\",le=\"0.5\"} 2",
                            "millrace_serving_version{model=\"support\"} 3.0",
                            "millrace_serving_swap_load_seconds_sum{model=\"support\"} 0.08",
                            "millrace_serving_freshness_seconds_sum{model=\"support\"} 9.0",
                            "millrace_serving_versions_refused_total{model=\"support\"} 1.0");
        }
    }

    @Test
    void showsHowTextsWaitAndAreAnsweredTogether() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.scoring().queued("support", 9);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_scoring_queue_texts{model=\"support\"} 9.0",
                            "millrace_scoring_refused_total{model=\"support\"} 0.0");

            metrics.scoring().queued("support", -5);
            metrics.scoring().taken("support", 5, Duration.ofMillis(7));
            metrics.scoring().taken("support", 64, Duration.ofMillis(30));
            metrics.scoring().refused("support");
            metrics.scoring().predicted("support", 5);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_scoring_queue_texts{model=\"support\"} 4.0",
                            "millrace_scoring_batch_texts_sum{model=\"support\"} 69.0",
                            "millrace_scoring_batch_texts_bucket{model=\"support\",le=\"8.0\"} 1",
                            "millrace_scoring_wait_seconds_bucket{model=\"support\",le=\"0.01\"} 1",
                            "millrace_scoring_wait_seconds_count{model=\"support\"} 2",
                            "millrace_scoring_refused_total{model=\"support\"} 1.0",
                            "millrace_scoring_predictions_total{model=\"support\"} 5.0");
        }
    }

    @Test
    void theAgeOfAVersionGrowsBetweenScrapes() {
        StoppedClock clock = new StoppedClock(NOON);
        try (Metrics metrics = new Metrics(clock)) {
            metrics.registry().published(Fed.version(1, NOON), Duration.ZERO);
            assertThat(metrics.scrape()).contains("millrace_registry_version_age_seconds{model=\"support\"} 5.0");
            clock.pass(Duration.ofSeconds(60));
            assertThat(metrics.scrape()).contains("millrace_registry_version_age_seconds{model=\"support\"} 65.0");
        }
    }

    @Test
    void tellsHowOldIsWhatASubscriberKnowsAndWhatCameOfATrial() {
        StoppedClock clock = new StoppedClock(NOON);
        try (Metrics metrics = new Metrics(clock)) {
            metrics.registry().heard("support");
            clock.pass(Duration.ofSeconds(60));
            metrics.registry().heard("support");
            clock.pass(Duration.ofSeconds(7));
            metrics.registry().routed("support", "champion");
            metrics.registry().routed("support", "champion");
            metrics.registry().routed("support", "candidate");
            metrics.registry().shadowed("support", ShadowOutcome.AGREED);
            metrics.registry().shadowed("support", ShadowOutcome.DROPPED);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_serving_registry_age_seconds{model=\"support\"} 7.0",
                            "millrace_serving_reports_dropped_total{model=\"support\"} 0.0",
                            "millrace_serving_routed_total{alias=\"champion\",model=\"support\"} 2.0",
                            "millrace_serving_routed_total{alias=\"candidate\",model=\"support\"} 1.0",
                            "millrace_serving_shadowed_total{model=\"support\",outcome=\"agreed\"} 1.0",
                            "millrace_serving_shadowed_total{model=\"support\",outcome=\"disagreed\"} 0.0",
                            "millrace_serving_shadowed_total{model=\"support\",outcome=\"failed\"} 0.0",
                            "millrace_serving_shadowed_total{model=\"support\",outcome=\"dropped\"} 1.0");
            metrics.registry().reportDropped("support");
            assertThat(metrics.scrape()).contains("millrace_serving_reports_dropped_total{model=\"support\"} 1.0");
        }
    }

    @Test
    void aVersionWithoutExamplesHasNoFreshnessAndAClockThatRunsAheadGivesZero() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.registry().swapped(Fed.version(1, null), Duration.ofMillis(1), Duration.ZERO);
            assertThat(metrics.scrape()).doesNotContain("millrace_serving_freshness");

            metrics.registry().swapped(Fed.version(2, NOON), Duration.ofMillis(1), Duration.ofSeconds(-3));
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_serving_freshness_seconds_count{model=\"support\"} 1",
                            "millrace_serving_freshness_seconds_sum{model=\"support\"} 0.0");
        }
    }

    @Test
    void tellsHowManyVersionsWereRefusedInARow() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            Finding worse = new Finding("accuracy", false, Map.of(), "worse");
            for (List<Finding> findings : List.of(List.<Finding>of(), List.of(worse), List.of(worse))) {
                metrics.registry().judged(new Verdict("support", 3, null, findings, NOON, "trainer"));
            }
            assertThat(metrics.scrape()).contains("millrace_registry_versions_refused_in_a_row{model=\"support\"} 2.0");
            metrics.registry().judged(new Verdict("support", 5, 3L, List.of(), NOON, "trainer"));
            assertThat(metrics.scrape()).contains("millrace_registry_versions_refused_in_a_row{model=\"support\"} 0.0");
            metrics.training().closed("support");
            assertThat(metrics.scrape()).doesNotContain("millrace_registry_versions_refused_in_a_row{");
        }
    }
}
