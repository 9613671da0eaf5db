package dev.millrace.monitoring;

import dev.millrace.model.ScoringObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How texts wait for their answers and are answered together, each model apart. */
final class ScoringMetrics implements ScoringObserver {

    private static final Duration[] WAIT_BUCKETS = Buckets.ofMillis(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000);
    private static final double[] BATCH_BUCKETS = {1, 2, 4, 8, 16, 32, 64, 128, 256};

    private final MeterRegistry registry;
    private final MeterProvider<DistributionSummary> batches;
    private final MeterProvider<Timer> waits;
    private final MeterProvider<Counter> refused;
    private final MeterProvider<Counter> predicted;
    private final Map<String, AtomicInteger> queued = new ConcurrentHashMap<>();

    ScoringMetrics(MeterRegistry registry) {
        this.registry = registry;
        batches = DistributionSummary.builder("millrace.scoring.batch.texts")
                .description("Texts that were answered together in one batch")
                .serviceLevelObjectives(BATCH_BUCKETS)
                .withRegistry(registry);
        waits = Timer.builder("millrace.scoring.wait")
                .description("Time that the first request of a batch had waited when the batch was taken")
                .serviceLevelObjectives(WAIT_BUCKETS)
                .withRegistry(registry);
        refused = Counter.builder("millrace.scoring.refused")
                .description("Requests that were turned away, because the queue was full")
                .withRegistry(registry);
        predicted = Counter.builder("millrace.scoring.predictions")
                .description("Predictions that were committed to their topic")
                .withRegistry(registry);
    }

    @Override
    public void queued(String model, int texts) {
        queued.computeIfAbsent(model, this::queueOf).addAndGet(texts);
    }

    @Override
    public void taken(String model, int texts, Duration longestWait) {
        batches.withTag("model", model).record(texts);
        waits.withTag("model", model).record(longestWait);
    }

    @Override
    public void refused(String model) {
        refused.withTag("model", model).increment();
    }

    @Override
    public void predicted(String model, int inputs) {
        predicted.withTag("model", model).increment(inputs);
    }

    private AtomicInteger queueOf(String model) {
        AtomicInteger texts = new AtomicInteger();
        new ModelGauges(registry, model)
                .add("millrace.scoring.queue.texts", null, "Texts that wait for their answer", texts::get);
        // Begins at zero, for a rate needs a value before the first refusal.
        refused.withTag("model", model).increment(0);
        return texts;
    }
}
