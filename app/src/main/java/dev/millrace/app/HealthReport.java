package dev.millrace.app;

import java.util.List;

/**
 * How something fares, part by part.
 *
 * @param checks the parts; none means that all is well
 */
record HealthReport(List<Check> checks) {

    /**
     * One part.
     *
     * @param name of the part
     * @param up whether it works
     * @param detail for a person
     */
    record Check(String name, boolean up, String detail) {}

    HealthReport {
        checks = List.copyOf(checks);
    }

    /** What the checks of this process found. */
    static HealthReport of(dev.millrace.monitoring.HealthReport found) {
        return new HealthReport(found.checks().stream()
                .map(check -> {
                    String problem = check.problem();
                    return new Check(check.name(), problem == null, problem == null ? check.note() : problem);
                })
                .toList());
    }

    boolean up() {
        return checks.stream().allMatch(Check::up);
    }
}
