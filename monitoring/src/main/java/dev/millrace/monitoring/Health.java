package dev.millrace.monitoring;

import dev.millrace.monitoring.HealthReport.Check;
import dev.millrace.monitoring.HealthReport.State;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Named checks that together answer three questions: whether the process has come up ({@link #startup()}), whether it can
 * do its work ({@link #ready()}), and whether it is beyond help and should be started again ({@link #live()}).
 *
 * <p>A check is asked whenever somebody asks for a report, and remembers since when it has been as it is; each change is
 * logged once. Whoever wants those moments to be exact asks for {@link #ready()} regularly. Thread-safe; checks run on the
 * thread that asks, and should return at once.
 */
public final class Health {

    private static final Logger LOG = LoggerFactory.getLogger(Health.class);
    private static final String STARTUP = "start-up";

    private final Clock clock;
    private final List<Registration> registrations = new CopyOnWriteArrayList<>();
    private final Registration startup = new Registration(STARTUP, false, State.DOWN, this::missing, () -> "done");
    private volatile @Nullable String missing;

    /**
     * Health of a process that has started already, unless it says otherwise by {@link #starting}.
     *
     * @param clock what moments are read from
     */
    public Health(Clock clock) {
        this.clock = clock;
    }

    /**
     * The process is coming up: until {@link #started()} it is not ready.
     *
     * @param step what it does at the moment, such as "waits for Kafka"
     */
    public void starting(String step) {
        missing = step;
    }

    /** The process has come up; this never changes back. */
    public void started() {
        missing = null;
    }

    /**
     * Adds a check of readiness: something without which the process cannot do its work, but which may heal while it goes
     * on, such as that there is no version to serve yet.
     *
     * @param name of the check, unique
     * @param problem gives what is wrong, or empty when nothing is; an exception counts as a problem
     * @throws IllegalArgumentException when the name is taken
     */
    public void register(String name, Supplier<Optional<String>> problem) {
        register(name, problem, () -> "");
    }

    /**
     * Adds a check of readiness that has something to say also while nothing is wrong.
     *
     * @param name of the check, unique
     * @param problem gives what is wrong, or empty when nothing is; an exception counts as a problem
     * @param note gives what is good to know, such as how old something is; may be empty
     * @throws IllegalArgumentException when the name is taken
     */
    public void register(String name, Supplier<Optional<String>> problem, Supplier<String> note) {
        add(new Registration(name, false, State.DOWN, problem, note));
    }

    /**
     * Adds a check of something that somebody should look at, while the process still does its work: it is degraded then,
     * but ready.
     *
     * @param name of the check, unique
     * @param problem gives what is wrong, or empty when nothing is; an exception counts as a problem
     * @throws IllegalArgumentException when the name is taken
     */
    public void registerDegrading(String name, Supplier<Optional<String>> problem) {
        add(new Registration(name, false, State.DEGRADED, problem, () -> ""));
    }

    /**
     * Adds a check of liveness, which counts for readiness too: something that only a restart heals, such as a thread that
     * died.
     *
     * @param name of the check, unique
     * @param problem gives what is wrong, or empty when nothing is; an exception counts as a problem
     * @throws IllegalArgumentException when the name is taken
     */
    public void registerVital(String name, Supplier<Optional<String>> problem) {
        add(new Registration(name, true, State.DOWN, problem, () -> ""));
    }

    /** {@return whether the process has come up, and what it waits for where it has not} */
    public HealthReport startup() {
        return report(List.of(startup));
    }

    /** {@return what the checks of liveness find now} */
    public HealthReport live() {
        return report(registrations.stream().filter(Registration::vital).toList());
    }

    /** {@return what all checks find now, and that the process has not come up where it has not} */
    public HealthReport ready() {
        List<Registration> all = new ArrayList<>(registrations);
        if (missing != null) {
            all.add(0, startup);
        }
        return report(all);
    }

    private Optional<String> missing() {
        return Optional.ofNullable(missing);
    }

    List<String> names() {
        return registrations.stream().map(one -> one.name).toList();
    }

    /** How one check fares now; well, where there is none of that name. */
    State state(String name) {
        Instant now = clock.instant();
        return registrations.stream()
                .filter(one -> one.name.equals(name))
                .map(one -> one.run(now).state())
                .findFirst()
                .orElse(State.UP);
    }

    private synchronized void add(Registration registration) {
        if (registrations.stream().anyMatch(one -> one.name.equals(registration.name))) {
            throw new IllegalArgumentException("there is a check named " + registration.name + " already");
        }
        registrations.add(registration);
    }

    private HealthReport report(List<Registration> asked) {
        Instant now = clock.instant();
        return new HealthReport(asked.stream().map(one -> one.run(now)).toList());
    }

    /** A check, and how it was when it was last asked. */
    private static final class Registration {

        private final String name;
        private final boolean vital;
        private final State bad;
        private final Supplier<Optional<String>> problem;
        private final Supplier<String> note;
        private @Nullable Check last;

        Registration(String name, boolean vital, State bad, Supplier<Optional<String>> problem, Supplier<String> note) {
            this.name = name;
            this.vital = vital;
            this.bad = bad;
            this.problem = problem;
            this.note = note;
        }

        boolean vital() {
            return vital;
        }

        Check run(Instant now) {
            try {
                Optional<String> found = problem.get();
                return seen(found.isPresent() ? bad : State.UP, found.orElseGet(note), now);
            } catch (RuntimeException e) {
                return seen(bad, "the check itself failed: " + e, now);
            }
        }

        private synchronized Check seen(State state, String detail, Instant now) {
            Check before = last;
            Check check;
            if (before != null && before.state() == state) {
                check = new Check(name, state, detail, before.since());
            } else {
                check = new Check(name, state, detail, now);
                tell(before, check);
            }
            last = check;
            return check;
        }

        private void tell(@Nullable Check before, Check check) {
            if (check.state() == State.UP) {
                if (before != null) {
                    LOG.info("{} is up again; it was {} since {}", name, word(before.state()), before.since());
                }
            } else if (before == null) {
                LOG.info("{} begins {}: {}", name, word(check.state()), check.detail());
            } else {
                LOG.warn("{} is {}: {}", name, word(check.state()), check.detail());
            }
        }

        private static String word(State state) {
            return state == State.DOWN ? "down" : state == State.DEGRADED ? "degraded" : "up";
        }
    }
}
