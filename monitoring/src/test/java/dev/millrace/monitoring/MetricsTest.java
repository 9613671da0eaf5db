package dev.millrace.monitoring;

import static dev.millrace.monitoring.Fed.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.ShadowOutcome;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.Verdict.Finding;
import dev.millrace.trainer.Drift;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingActivity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {

    private static final String NOBODY = "localhost:1";

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
        Instant[] now = {NOON};
        Clock clock = clock(now);
        try (Metrics metrics = new Metrics(clock)) {
            metrics.registry().published(Fed.version(1, NOON), Duration.ZERO);
            assertThat(metrics.scrape()).contains("millrace_registry_version_age_seconds{model=\"support\"} 5.0");
            now[0] = NOON.plusSeconds(60);
            assertThat(metrics.scrape()).contains("millrace_registry_version_age_seconds{model=\"support\"} 65.0");
        }
    }

    @Test
    void tellsHowOldIsWhatASubscriberKnowsAndWhatCameOfATrial() {
        Instant[] now = {NOON};
        try (Metrics metrics = new Metrics(clock(now))) {
            metrics.registry().heard("support");
            now[0] = NOON.plusSeconds(60);
            metrics.registry().heard("support");
            now[0] = NOON.plusSeconds(67);
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
        Instant[] now = {NOON};
        try (Metrics metrics = new Metrics(clock(now))) {
            metrics.training().lag("support", 40);
            now[0] = NOON.plusSeconds(30);
            assertThat(metrics.scrape()).contains("millrace_training_progress_age_seconds{model=\"support\"} 30.0");
            metrics.training().stepped("support", Fed.step(1, 20, 10));
            now[0] = NOON.plusSeconds(37);
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

    @Test
    void saysWhatTheProcessIsAndWhatItsChecksFind(@TempDir Path folder) {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            metrics.built("1.0", "PyTorch 2.7.1", "cpu", "float32");
            metrics.beginIngest(List.of("support"), List.of("not_json"));
            metrics.watchDisk("store", folder.resolve("not-made-yet"));
            Health health = new Health(Clock.systemUTC());
            AtomicReference<Optional<String>> broker = new AtomicReference<>(Optional.of("no broker"));
            health.register("kafka", broker::get);
            health.registerVital("trainer", Optional::empty);
            metrics.watch(health);

            assertThat(metrics.scrape().lines())
                    .contains(
                            "millrace_build_info{device=\"cpu\",engine=\"PyTorch 2.7.1\",precision=\"float32\",version=\"1.0\"} 1",
                            "millrace_ingest_accepted_total{model=\"support\"} 0.0",
                            "millrace_ingest_duplicates_total{model=\"support\"} 0.0",
                            "millrace_ingest_rejected_total{reason=\"not_json\"} 0.0",
                            "millrace_health_check{check=\"kafka\"} 0.0",
                            "millrace_health_check{check=\"trainer\"} 1.0",
                            "millrace_disk_total_bytes{place=\"store\"} "
                                    + (double) folder.toFile().getTotalSpace());
            broker.set(Optional.empty());
            assertThat(metrics.scrape()).contains("millrace_health_check{check=\"kafka\"} 1.0");
        }
    }

    @Test
    void showsTheJvm() {
        try (Metrics metrics = new Metrics(Clock.systemUTC())) {
            assertThat(metrics.scrape())
                    .contains(
                            "jvm_memory_used_bytes{",
                            "jvm_gc_",
                            "jvm_threads_live_threads",
                            "jvm_classes_loaded_classes",
                            "jvm_info{",
                            "process_cpu_usage",
                            "process_files_open_files",
                            "process_uptime_seconds");
        }
    }

    @Test
    void showsKafkaClientsWhileTheyAreWatched() {
        Map<String, Object> settings = Map.of("bootstrap.servers", NOBODY);
        try (Metrics metrics = new Metrics(Clock.systemUTC());
                var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
                var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
                KafkaStreams streams = idleStreams()) {
            try (Metrics.Watch consuming = metrics.watch(consumer);
                    Metrics.Watch producing = metrics.watch(producer);
                    Metrics.Watch running = metrics.watch(streams)) {
                assertThat(consuming).isNotSameAs(producing).isNotSameAs(running);
                assertThat(metrics.scrape()).contains("kafka_consumer_", "kafka_producer_", "kafka_stream_");
            }
            assertThat(metrics.scrape()).doesNotContain("kafka_consumer_", "kafka_producer_", "kafka_stream_");
        }
    }

    private static KafkaStreams idleStreams() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in").to("out");
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "idle");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, NOBODY);
        return new KafkaStreams(builder.build(), settings);
    }

    private static Clock clock(Instant[] now) {
        return new Clock() {
            @Override
            public Instant instant() {
                return now[0];
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
    }
}
