package dev.millrace.monitoring;

import dev.millrace.monitoring.HealthReport.Check;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Named checks that together say whether the process can do its work ({@link #ready()}), and whether it is beyond help and
 * should be started again ({@link #live()}). Thread-safe; checks run on the thread that asks, and should return at once.
 */
public final class Health {

    private final List<Registration> registrations = new CopyOnWriteArrayList<>();

    /**
     * Adds a check of readiness: something that may heal while the process goes on, such as a broker out of reach.
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
        add(new Registration(name, false, problem, note));
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
        add(new Registration(name, true, problem, () -> ""));
    }

    /** {@return what the checks of liveness find now} */
    public HealthReport live() {
        return report(registrations.stream().filter(Registration::vital).toList());
    }

    /** {@return what all checks find now} */
    public HealthReport ready() {
        return report(registrations);
    }

    List<String> names() {
        return registrations.stream().map(Registration::name).toList();
    }

    boolean isWell(String name) {
        return registrations.stream()
                .filter(one -> one.name().equals(name))
                .allMatch(one -> one.run().problem() == null);
    }

    private synchronized void add(Registration registration) {
        if (registrations.stream().anyMatch(one -> one.name().equals(registration.name()))) {
            throw new IllegalArgumentException("there is a check named " + registration.name() + " already");
        }
        registrations.add(registration);
    }

    private static HealthReport report(List<Registration> registrations) {
        return new HealthReport(registrations.stream().map(Registration::run).toList());
    }

    private record Registration(String name, boolean vital, Supplier<Optional<String>> problem, Supplier<String> note) {

        Check run() {
            try {
                return new Check(name, problem.get().orElse(null), note.get());
            } catch (RuntimeException e) {
                return new Check(name, "the check itself failed: " + e, "");
            }
        }
    }
}
