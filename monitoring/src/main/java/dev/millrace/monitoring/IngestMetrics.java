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
    private final MeterProvider<Counter> shed;
    private final MeterProvider<Counter> rejected;
    private final MeterProvider<Counter> paired;
    private final MeterProvider<Counter> unpaired;
    private final MeterProvider<Counter> corrections;

    IngestMetrics(MeterRegistry registry) {
        accepted = Counter.builder("millrace.ingest.accepted")
                .description("Examples that went on to the ledger")
                .withRegistry(registry);
        duplicates = Counter.builder("millrace.ingest.duplicates")
                .description("Examples that were left out because their id was seen before")
                .withRegistry(registry);
        shed = Counter.builder("millrace.ingest.shed")
                .description("Examples that were left out because training was too far behind")
                .withRegistry(registry);
        rejected = Counter.builder("millrace.ingest.rejected")
                .description("Records that broke the contract and became dead letters, by the rule they broke")
                .withRegistry(registry);
        paired = Counter.builder("millrace.ingest.paired")
                .description("Inputs that met their label")
                .withRegistry(registry);
        unpaired = Counter.builder("millrace.ingest.unpaired")
                .description("Inputs and labels that were given up because the other half did not come in time")
                .withRegistry(registry);
        corrections = Counter.builder("millrace.ingest.corrections")
                .description("Other labels for an id that had one, by whether they count from then on")
                .withRegistry(registry);
    }

    void begin(Collection<String> models, Collection<String> reasons) {
        models.forEach(model -> accepted.withTag("model", model).increment(0));
        models.forEach(model -> duplicates.withTag("model", model).increment(0));
        models.forEach(model -> shed.withTag("model", model).increment(0));
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
    public void shed(String model) {
        shed.withTag("model", model).increment();
    }

    @Override
    public void rejected(String reason) {
        rejected.withTag("reason", reason).increment();
    }

    @Override
    public void paired(String model) {
        paired.withTag("model", model).increment();
    }

    @Override
    public void unpaired(String model, String half) {
        unpaired.withTags("model", model, "half", half).increment();
    }

    @Override
    public void corrected(String model, boolean taken) {
        corrections.withTags("model", model, "taken", Boolean.toString(taken)).increment();
    }
}
