package dev.millrace.monitoring;

import dev.millrace.monitoring.HealthReport.State;
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
            Gauge.builder("millrace.health.check", () -> value(health.state(check)))
                    .strongReference(true)
                    .description(
                            "1 while a check of the process is up, 0.5 while it is degraded, 0 while it is down; /readyz says what is wrong")
                    .tag("check", check)
                    .register(registry);
        }
    }

    private static double value(State state) {
        return switch (state) {
            case UP -> 1;
            case DEGRADED -> 0.5;
            case DOWN -> 0;
        };
    }
}
