package dev.millrace.monitoring;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.IngestService;
import dev.millrace.model.ScoringObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.streams.KafkaStreams;

/**
 * Everything Millrace measures of itself, in one place that Prometheus can read. Hand its observers to the other rooms and
 * serve {@link #scrape()} under {@code /metrics}. The meters of the JVM are there from the start; those of a model appear
 * with its first event. Thread-safe.
 *
 * <pre>{@code
 * try (Metrics metrics = new Metrics(Clock.systemUTC())) {
 *     TrainingObserver observer = metrics.training();
 *     observer.lag("support", 12);
 *     metrics.scrape(); // … millrace_training_lag_records{model="support"} 12.0 …
 * }
 * }</pre>
 */
public final class Metrics implements AutoCloseable {

    /** The media type of {@link #scrape()}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmMetrics jvm = new JvmMetrics(registry);
    private final IngestMetrics ingest = new IngestMetrics(registry);
    private final ScoringMetrics scoring = new ScoringMetrics(registry);
    private final TrainingMetrics training;
    private final RegistryMetrics registryMetrics;
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    /**
     * Meters at zero.
     *
     * @param clock what ages are measured against, at each scrape
     */
    public Metrics(Clock clock) {
        registryMetrics = new RegistryMetrics(registry, clock);
        training = new TrainingMetrics(registry, clock, registryMetrics::closed);
    }

    /**
     * Says what this process is, in the labels of one meter.
     *
     * @param version of Millrace
     * @param engine that computes, such as {@code PyTorch 2.7.1}, or {@code none} where nothing is computed
     * @param device it computes on, such as {@code cpu}, or {@code none}
     * @param precision of its matrix products, such as {@code bfloat16}, or {@code none}
     */
    public void built(String version, String engine, String device, String precision) {
        Gauge.builder("millrace.build.info", () -> 1)
                .description("Always 1; the labels say which Millrace this is, and what it computes with")
                .tags("version", version, "engine", engine, "device", device, "precision", precision)
                .register(registry);
    }

    /**
     * Lets the counters of ingest begin at zero, so that the first example and the first dead letter are a rise too.
     *
     * @param models whose examples are accepted here
     * @param reasons for which records are rejected here
     */
    public void beginIngest(Collection<String> models, Collection<String> reasons) {
        ingest.begin(models, reasons);
    }

    /**
     * Shows how full the disk is where a folder lies.
     *
     * @param place what the folder is for, one of a small fixed set such as {@code store}
     * @param folder which; it need not be there yet
     */
    public void watchDisk(String place, Path folder) {
        new DiskMetrics(registry).watch(place, folder);
    }

    /**
     * Shows what each check finds that is registered now. A scrape runs all of them.
     *
     * @param health whose checks
     */
    public void watch(Health health) {
        new HealthMetrics(registry).watch(health);
    }

    /** {@return the observer that counts what ingest does} */
    public IngestObserver ingest() {
        return ingest;
    }

    /** {@return the observer that counts and times what the trainer does} */
    public TrainingObserver training() {
        return training;
    }

    /** {@return the observer that counts and times what happens to versions} */
    public RegistryObserver registry() {
        return registryMetrics;
    }

    /** {@return the observer that counts and times how texts are scored} */
    public ScoringObserver scoring() {
        return scoring;
    }

    /**
     * Shows a consumer's own metrics.
     *
     * @param consumer which one
     * @return to be closed before the consumer is
     */
    public Watch watch(Consumer<?, ?> consumer) {
        KafkaClientMetrics metrics = new KafkaClientMetrics(consumer);
        return watch(metrics, metrics::close);
    }

    /**
     * Shows a producer's own metrics.
     *
     * @param producer which one
     * @return to be closed before the producer is
     */
    public Watch watch(Producer<?, ?> producer) {
        KafkaClientMetrics metrics = new KafkaClientMetrics(producer);
        return watch(metrics, metrics::close);
    }

    /**
     * Shows the metrics of ingest's topology, and those of its clients.
     *
     * @param service which one
     * @return to be closed before the service is
     */
    public Watch watch(IngestService service) {
        return watch(service.streams());
    }

    Watch watch(KafkaStreams streams) {
        KafkaStreamsMetrics metrics = new KafkaStreamsMetrics(streams);
        return watch(metrics, metrics::close);
    }

    /** {@return the present values in the text format of Prometheus} */
    public String scrape() {
        return registry.scrape(CONTENT_TYPE);
    }

    /** Lets go of the JVM and of every watched client. */
    @Override
    public void close() {
        watches.forEach(Watch::close);
        jvm.close();
        registry.close();
    }

    private Watch watch(MeterBinder metrics, Watch closing) {
        metrics.bindTo(registry);
        watches.add(closing);
        return () -> {
            if (watches.remove(closing)) {
                closing.close();
            }
        };
    }

    /** A Kafka client whose metrics are shown until this is closed. */
    @FunctionalInterface
    public interface Watch extends AutoCloseable {

        @Override
        void close();
    }
}
