package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
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

/** What is told of the process itself, whatever it does: its build, its checks, its memory and its clients. */
class ProcessMetricsTest {

    private static final String NOBODY = "localhost:1";

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
}
