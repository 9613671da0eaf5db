package dev.millrace.monitoring;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** What the checks of the process find, each apart, so that an alert can name the one that fails. */
final class HealthMetrics {

    private final MeterRegistry registry;

    HealthMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void watch(Health health) {
        for (String check : health.names()) {
            Gauge.builder("millrace.health.check", () -> health.isWell(check) ? 1 : 0)
                    .strongReference(true)
                    .description("1 while a check of the process finds no problem, else 0; /readyz says what is wrong")
                    .tag("check", check)
                    .register(registry);
        }
    }
}
