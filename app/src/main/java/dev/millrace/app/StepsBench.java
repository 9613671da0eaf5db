package dev.millrace.app;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many examples a second 1, 2, … processes learn, where each step takes a fixed time. For use by one thread.
 */
final class StepsBench {

    private static final Logger LOG = LoggerFactory.getLogger(StepsBench.class);
    private static final Duration LOOK = Duration.ofMillis(5);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    /** While processes start, those that are there already learn. */
    private static final Duration STARTING = Duration.ofSeconds(40);

    private final Surroundings around;
    private final StopSignal stop;
    private final TrainersStage stage;
    private final Duration step;
    private final Duration window;
    private final int batch;

    /**
     * A bench.
     *
     * @param around elapsed time, and where progress is shown
     * @param stop ends it early
     * @param stage with the ledger
     * @param step how long each takes
     * @param window how long is measured
     * @param batch examples of a step
     */
    StepsBench(Surroundings around, StopSignal stop, TrainersStage stage, Duration step, Duration window, int batch) {
        this.around = around;
        this.stop = stop;
        this.stage = stage;
        this.step = step;
        this.window = window;
        this.batch = batch;
    }

    /**
     * What was measured.
     *
     * @param processes how many
     * @param examples a second, of all of them
     * @param ofPossible the share of what there would be if there were steps alone
     * @param computedMs what a step really computed, inside its fixed time
     */
    record Throughput(int processes, double examples, double ofPossible, double computedMs) {}

    /**
     * Fills the ledger, so that no process runs out of examples.
     *
     * @param processes the most that there will be
     */
    void fill(int processes) {
        double steps = (double) STARTING.plus(window).toNanos() / step.toNanos() * processes;
        long each = (long) (steps * batch / stage.models().size()) + batch;
        try (Progress progress = Progress.begin(around, "Filling the ledger", "examples of a model", each)) {
            for (long sent = 0; sent < each; sent += Math.min(100, each - sent)) {
                progress.to(sent);
                stage.feedTo(Math.min(sent + 100, each));
            }
            stage.awaitLedger(stop);
        }
    }

    /**
     * Has some processes learn, and counts for a while once all of them do.
     *
     * @param site of theirs
     * @param processes how many
     */
    Throughput measure(TrainingSite site, int processes) {
        try (Crew crew = new Crew(site, processes)) {
            long asked = around.nanoTicker().getAsLong();
            until(crew, () -> crew.isSettled() && crew.isTraining());
            LOG.info(
                    "{} processes train after {} s",
                    processes,
                    (around.nanoTicker().getAsLong() - asked) / 1e9);
            long begun = around.nanoTicker().getAsLong();
            long before = sum(crew.learned());
            long stepsBefore = crew.steps();
            Duration computedBefore = crew.computed();
            until(crew, () -> around.nanoTicker().getAsLong() - begun >= window.toNanos());
            long learned = sum(crew.learned()) - before;
            double seconds = (around.nanoTicker().getAsLong() - begun) / 1e9;
            double computed = crew.computed().minus(computedBefore).toNanos() / 1e6 / (crew.steps() - stepsBefore);
            if (!crew.isSettled() || crew.learned().values().stream().anyMatch(each -> each >= stage.produced())) {
                throw new IllegalStateException("the group was not settled, or a model had no more examples; learned: "
                        + crew.learned() + " of " + stage.produced());
            }
            crew.end();
            double examples = learned / seconds;
            return new Throughput(processes, examples, examples * step.toNanos() / 1e9 / batch / processes, computed);
        }
    }

    private static long sum(Map<String, Long> learned) {
        return learned.values().stream().mapToLong(Long::longValue).sum();
    }

    private void until(Crew crew, BooleanSupplier condition) {
        long end = around.nanoTicker().getAsLong() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (stop.isAsked()) {
                throw new CommandException("stopped before the end");
            }
            if (around.nanoTicker().getAsLong() > end) {
                throw new IllegalStateException(
                        String.format(Locale.ROOT, "the processes did not train within %s", PATIENCE));
            }
            crew.requireLife();
            stage.feedTo(0);
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }
}
