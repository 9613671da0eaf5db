package dev.millrace.monitoring;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Registers gauges of one model, and takes them away again. */
final class ModelGauges {

    private final MeterRegistry registry;
    private final String model;

    ModelGauges(MeterRegistry registry, String model) {
        this.registry = registry;
        this.model = model;
    }

    /**
     * Adds a gauge.
     *
     * @param name of the meter, without the unit
     * @param unit in the plural; null when it has none
     * @param description for people
     * @param value asked at each scrape
     * @return this
     */
    ModelGauges add(String name, @Nullable String unit, String description, Supplier<Number> value) {
        Gauge.builder(name, value)
                // Micrometer holds what it gauges weakly by default: the value would turn into NaN at the next
                // collection.
                .strongReference(true)
                .baseUnit(unit)
                .description(description)
                .tag("model", model)
                .register(registry);
        return this;
    }

    /**
     * Takes gauges away.
     *
     * @param names of the meters, without the unit
     */
    void remove(String... names) {
        for (String name : names) {
            registry.find(name).tag("model", model).meters().forEach(registry::remove);
        }
    }
}
