package dev.millrace.monitoring;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * What came of all checks at one moment.
 *
 * @param checks in the order in which they were registered; none means that all is well
 */
public record HealthReport(List<Check> checks) {

    /** How something fares, the better ones first. */
    public enum State {
        /** It works. */
        UP,
        /** It does its work, but not all of it, or not for long: somebody should look. */
        DEGRADED,
        /** It does not work. */
        DOWN
    }

    /**
     * What came of one check.
     *
     * @param name of the check
     * @param state how it fares
     * @param detail what is wrong and what to do about it; where nothing is wrong, what is good to know; may be empty
     * @param since when it was first found in this state
     */
    public record Check(String name, State state, String detail, Instant since) {}

    public HealthReport {
        checks = List.copyOf(checks);
    }

    /** {@return the worst of all checks; {@link State#UP} without any} */
    public State state() {
        return checks.stream().map(Check::state).max(Comparator.naturalOrder()).orElse(State.UP);
    }
}
