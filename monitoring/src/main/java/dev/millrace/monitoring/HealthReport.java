package dev.millrace.monitoring;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of all checks at one moment.
 *
 * @param checks in the order in which they were registered
 */
public record HealthReport(List<Check> checks) {

    /**
     * What came of one check.
     *
     * @param name of the check
     * @param problem what is wrong and what to do about it, or null when nothing is
     * @param note what is good to know all the same; may be empty
     */
    public record Check(String name, @Nullable String problem, String note) {}

    public HealthReport {
        checks = List.copyOf(checks);
    }

    /** {@return whether no check found a problem; so too when there are no checks} */
    public boolean healthy() {
        return checks.stream().allMatch(check -> check.problem() == null);
    }
}
