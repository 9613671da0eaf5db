package dev.millrace.monitoring;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.model.ScoringObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
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
    private final TrainingMetrics training = new TrainingMetrics(registry);
    private final ScoringMetrics scoring = new ScoringMetrics(registry);
    private final RegistryMetrics registryMetrics;
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    /**
     * Meters at zero.
     *
     * @param clock what ages are measured against, at each scrape
     */
    public Metrics(Clock clock) {
        registryMetrics = new RegistryMetrics(registry, clock);
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
     * Shows a topology's own metrics, and those of its clients.
     *
     * @param streams which one
     * @return to be closed before the topology is
     */
    public Watch watch(KafkaStreams streams) {
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
