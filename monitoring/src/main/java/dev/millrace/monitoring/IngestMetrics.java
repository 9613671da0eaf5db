package dev.millrace.monitoring;

import dev.millrace.ingest.IngestObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;

/** What ingest did with the records, counted. */
final class IngestMetrics implements IngestObserver {

    private final MeterProvider<Counter> accepted;
    private final MeterProvider<Counter> duplicates;
    private final MeterProvider<Counter> rejected;

    IngestMetrics(MeterRegistry registry) {
        accepted = Counter.builder("millrace.ingest.accepted")
                .description("Examples that went on to the ledger")
                .withRegistry(registry);
        duplicates = Counter.builder("millrace.ingest.duplicates")
                .description("Examples that were left out because their id was seen before")
                .withRegistry(registry);
        rejected = Counter.builder("millrace.ingest.rejected")
                .description("Records that broke the contract and became dead letters, by the rule they broke")
                .withRegistry(registry);
    }

    void begin(Collection<String> models, Collection<String> reasons) {
        models.forEach(model -> accepted.withTag("model", model).increment(0));
        models.forEach(model -> duplicates.withTag("model", model).increment(0));
        reasons.forEach(reason -> rejected.withTag("reason", reason).increment(0));
    }

    @Override
    public void accepted(String model) {
        accepted.withTag("model", model).increment();
    }

    @Override
    public void duplicate(String model) {
        duplicates.withTag("model", model).increment();
    }

    @Override
    public void rejected(String reason) {
        rejected.withTag("reason", reason).increment();
    }
}
