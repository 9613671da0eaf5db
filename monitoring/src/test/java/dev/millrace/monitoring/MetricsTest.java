package dev.millrace.monitoring;

import static dev.millrace.monitoring.Fed.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.Drift;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingActivity;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is told of ingest and of training, and what holds for all that is told. */
class MetricsTest {

    @Test
    void countsWhatIngestDoes() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.ingest().accepted("support");
            metrics.ingest().accepted("support");
            metrics.ingest().accepted("spam");
            metrics.ingest().duplicate("support");
            metrics.ingest().shed("support");
            metrics.ingest().rejected("not_json");
            metrics.ingest().rejected("label_missing");

            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_ingest_accepted_total{model=\"support\"} 2.0",
                            "millrace_ingest_accepted_total{model=\"spam\"} 1.0",
                            "millrace_ingest_duplicates_total{model=\"support\"} 1.0",
                            "millrace_ingest_shed_total{model=\"support\"} 1.0",
                            "millrace_ingest_rejected_total{reason=\"not_json\"} 1.0",
                            "millrace_ingest_rejected_total{reason=\"label_missing\"} 1.0");
        }
    }

    @Test
    void countsAndTimesSteps() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.training().stepped("support", Fed.step(101, 24, 8));
            metrics.training().stepped("support", Fed.step(102, 24, 16));
            metrics.training().lag("support", 40);
            metrics.training().lag("support", 8);
            metrics.training().snapshot("support", Duration.ofMillis(7));
            metrics.training().spent(TrainingActivity.STEP, Duration.ofMillis(1500));
            metrics.training().spent(TrainingActivity.IDLE, Duration.ofMillis(50));
            metrics.training().spent(TrainingActivity.STEP, Duration.ofMillis(500));

            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_examples_total{model=\"support\"} 64.0",
                            "millrace_training_rehearsed_total{model=\"support\"} 60.0",
                            "millrace_training_prequential_correct_total{model=\"support\"} 48.0",
                            "millrace_training_pass_correct_total{model=\"support\"} 24.0",
                            "millrace_training_prequential_accuracy_ratio{model=\"support\"} 0.75",
                            "millrace_training_pass_accuracy_ratio{model=\"support\"} 0.375",
                            "millrace_training_loss_nats{model=\"support\"} 0.5",
                            "millrace_training_gradient_norm{model=\"support\"} 2.5",
                            "millrace_training_labels{model=\"support\"} 11.0",
                            "millrace_training_lag_records{model=\"support\"} 8.0",
                            "millrace_training_step_seconds_bucket{model=\"support\",le=\"0.1\"} 0",
                            "millrace_training_step_seconds_bucket{model=\"support\",le=\"0.25\"} 2",
                            "millrace_training_step_seconds_count{model=\"support\"} 2",
                            "millrace_training_thread_seconds_total{activity=\"step\"} 2.0",
                            "millrace_training_thread_seconds_total{activity=\"idle\"} 0.05",
                            "millrace_training_snapshot_stall_seconds_count{model=\"support\"} 1");
        }
    }

    @Test
    void countsWhatIsSetAsideFromZeroOn() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.training().lag("support", 40);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_batches_set_aside_total{model=\"support\"} 0.0",
                            "millrace_training_examples_set_aside_total{model=\"support\"} 0.0",
                            "millrace_training_frozen_examples_total{model=\"support\"} 0.0");

            metrics.training().setAside("support", 32);
            metrics.training().setAside("support", 5);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_batches_set_aside_total{model=\"support\"} 2.0",
                            "millrace_training_examples_set_aside_total{model=\"support\"} 37.0");
        }
    }

    @Test
    void countsDriftsWithoutNamingLabels() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.training().lag("support", 40);
            metrics.training().drifted("support", new Drift(null, 100, 0.1, 30, 0.4, 101));
            metrics.training().drifted("support", new Drift("late", 50, 0.1, 5, 1, 101));
            metrics.training().drifted("support", new Drift("lost", 50, 0.1, 5, 1, 101));
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_drifts_total{model=\"support\"} 1.0",
                            "millrace_training_label_drifts_total{model=\"support\"} 2.0");
        }
    }

    @Test
    void whatAFrozenModelAnswersIsNotTrainedOnButCountsInItsAccuracy() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.training().stepped("support", Fed.step(101, 24, 8));
            StepReport last = Fed.step(102, 24, 16);
            metrics.training().stepped("support", last);
            metrics.training().answered("support", 8, 2);

            double accuracy = (last.totalCorrect() + 2.0) / (last.totalExamples() + 8.0);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_frozen_examples_total{model=\"support\"} 8.0",
                            "millrace_training_frozen_correct_total{model=\"support\"} 2.0",
                            "millrace_training_examples_total{model=\"support\"} 64.0",
                            "millrace_training_prequential_correct_total{model=\"support\"} 48.0",
                            "millrace_training_prequential_accuracy_ratio{model=\"support\"} " + accuracy);
        }
    }

    @Test
    void countsVersionsThatHaveToWait() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.training().writeFailed("support", 3, new IOException("full"));
            metrics.training().writeFailed("support", 3, new IOException("full"));
            metrics.training().publishFailed("support", 3, new IllegalStateException("gone"));

            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_writes_failed_total{model=\"support\"} 2.0",
                            "millrace_training_publishes_failed_total{model=\"support\"} 1.0");
        }
    }

    @Test
    void gaugesOutliveGarbageCollection() {
        try (Metrics metrics = Fed.once(Clock.fixed(NOON, ZoneOffset.UTC))) {
            System.gc();
            assertThat(metrics.scrape().lines().filter(line -> line.startsWith("millrace_")))
                    .isNotEmpty()
                    .noneMatch(line -> line.endsWith(" NaN"));
        }
    }

    @Test
    void losesNothingWhenSeveralThreadsCountAtOnce() throws InterruptedException {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch start = new CountDownLatch(1);
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            for (int i = 0; i < threads; i++) {
                pool.execute(() -> {
                    try {
                        start.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    for (int j = 0; j < 1000; j++) {
                        metrics.ingest().accepted("support");
                        metrics.training().stepped("support", Fed.step(1, 1, 1));
                    }
                });
            }
            start.countDown();
            pool.shutdown();
            assertThat(pool.awaitTermination(60, TimeUnit.SECONDS)).isTrue();

            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_ingest_accepted_total{model=\"support\"} 4000.0",
                            "millrace_training_examples_total{model=\"support\"} 128000.0");
        }
    }

    @Test
    void aModelThatWasReleasedHasNoLagAndHowLongItStandsStillIsMeasured() {
        StoppedClock clock = new StoppedClock(NOON);
        try (Metrics metrics = new Metrics(clock)) {
            metrics.training().lag("support", 40);
            clock.pass(Duration.ofSeconds(30));
            assertThat(metrics.scrape()).contains("millrace_training_progress_age_seconds{model=\"support\"} 30.0");
            metrics.training().stepped("support", Fed.step(1, 20, 10));
            clock.pass(Duration.ofSeconds(7));
            metrics.training().lag("support", 8);
            assertThat(metrics.scrape()).contains("millrace_training_progress_age_seconds{model=\"support\"} 7.0");
            metrics.training().answered("support", 8, 4);
            assertThat(metrics.scrape()).contains("millrace_training_progress_age_seconds{model=\"support\"} 0.0");

            metrics.training().closed("support");
            assertThat(metrics.scrape())
                    .doesNotContain("millrace_training_lag_records{", "millrace_training_progress_age_seconds{");
            metrics.training().lag("support", 3);
            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_training_lag_records{model=\"support\"} 3.0",
                            "millrace_training_progress_age_seconds{model=\"support\"} 0.0");
        }
    }
}
