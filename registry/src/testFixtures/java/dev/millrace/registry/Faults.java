package dev.millrace.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Counts the operations of a simulated world, lets those go wrong that a plan names, and has the only dice. For one
 * thread.
 */
public final class Faults {

    /** How an operation goes wrong. */
    public enum Kind {
        /** It does nothing and says so; the process lives on. */
        FAILS,
        /** It is done, but says that it failed; the process lives on. */
        ANSWER_LOST,
        /** The process dies before it; what is in the file system stays. */
        KILLED,
        /** The power is cut before it; what is not durable may be gone, torn, or undone. */
        POWER_CUT
    }

    /**
     * What went wrong.
     *
     * @param number of the operation, 1 for the first
     * @param operation its name
     */
    public record Fault(Kind kind, int number, String operation) {

        @Override
        public String toString() {
            return kind + "@" + number + " (" + operation + ")";
        }
    }

    /** Decides what goes wrong. */
    public interface Plan {

        /** Nothing does. */
        Plan NONE = (number, operation) -> null;

        /**
         * Asked before each operation.
         *
         * @param number 1 for the first operation, in all lives of the process together
         * @param operation its name, such as {@code rename}
         * @return what happens to it, or null when it goes well
         */
        @Nullable Kind at(int number, String operation);

        /** Exactly one operation goes wrong. */
        static Plan one(Kind kind, int number) {
            return (at, operation) -> at == number ? kind : null;
        }

        /** Several operations in a row do. */
        static Plan outage(int from, int length) {
            return (at, operation) -> at >= from && at < from + length ? Kind.FAILS : null;
        }

        /** The so-manieth operation of a name does, counted from 1. */
        static Plan one(Kind kind, String name, int occurrence) {
            int[] seen = new int[1];
            return (at, operation) -> operation.equals(name) && ++seen[0] == occurrence ? kind : null;
        }

        /** About one in so many does, in one way or another, until there were enough of them. */
        static Plan random(long seed, int oneIn, int most) {
            RandomGenerator random = new SplittableRandom(seed);
            List<Kind> kinds = List.of(Kind.values());
            int[] faults = new int[1];
            return (at, operation) -> {
                if (faults[0] == most || random.nextInt(oneIn) > 0) {
                    return null;
                }
                faults[0]++;
                return kinds.get(random.nextInt(kinds.size()));
            };
        }
    }

    /** The process is dead. Not an exception, for nothing may catch it and go on. */
    public static final class Death extends Error {

        private static final long serialVersionUID = 1L;

        Death(String message) {
            super(message);
        }
    }

    interface Effect<T, X extends Exception> {
        T happen() throws X;
    }

    private static final String SIMULATED = "simulated ";

    private final long seed;
    private RandomGenerator dice;
    private final List<Fault> happened = new ArrayList<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private Plan plan;
    private int operations;
    private @Nullable Fault death;

    public Faults(long seed, Plan plan) {
        this.seed = seed;
        this.dice = new SplittableRandom(seed);
        this.plan = plan;
    }

    /** Does an operation, unless its time has come. */
    <T, X extends Exception> T perform(String operation, Effect<T, X> effect, Function<String, X> failure) throws X {
        requireAlive();
        operations++;
        counts.merge(operation, 1, Integer::sum);
        Kind kind = plan.at(operations, operation);
        if (kind == null) {
            return effect.happen();
        }
        Fault fault = new Fault(kind, operations, operation);
        happened.add(fault);
        // With one seed too, what two faults leave differs, and does not depend on those before.
        dice = new SplittableRandom(seed + operations);
        switch (kind) {
            case FAILS -> throw failure.apply(SIMULATED + fault);
            case ANSWER_LOST -> {
                effect.happen();
                throw failure.apply(SIMULATED + fault);
            }
            case KILLED, POWER_CUT -> {
                death = fault;
                throw new Death(SIMULATED + fault);
            }
        }
        throw new AssertionError(kind);
    }

    void requireAlive() {
        if (death != null) {
            throw new Death(SIMULATED + death + "; the process is dead");
        }
    }

    /** A draw of the only dice. */
    RandomGenerator dice() {
        return dice;
    }

    /** {@return what killed the process, or null while it lives} */
    public @Nullable Fault death() {
        return death;
    }

    /** The process is started again. */
    void revive() {
        death = null;
    }

    /** From now on all goes well. */
    public void end() {
        plan = Plan.NONE;
    }

    /** {@return whether a failure, or one that caused it, comes from here} */
    public static boolean caused(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).contains(SIMULATED)) {
                return true;
            }
        }
        return false;
    }

    /** {@return what went wrong so far, oldest first} */
    public List<Fault> happened() {
        return List.copyOf(happened);
    }

    /** {@return how many operations there were} */
    public int operations() {
        return operations;
    }

    /** {@return how many there were of each name} */
    public Map<String, Integer> counts() {
        return Map.copyOf(counts);
    }

    @Override
    public String toString() {
        return "seed " + seed + ", " + (happened.isEmpty() ? "no fault" : "faults " + happened);
    }
}
