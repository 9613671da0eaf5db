package dev.millrace.app;

import dev.millrace.app.KillMoment.Aim;
import dev.millrace.registry.ModelRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lives and deaths of {@code bench kill}, on stages that the command sets. For use by one thread.
 */
final class KillBench {

    private static final Logger LOG = LoggerFactory.getLogger(KillBench.class);
    private static final Duration LOOK = Duration.ofMillis(1);
    private static final Duration LONGEST_TRANSACTION = Duration.ofMillis(500);
    private static final Duration BETWEEN_EXAMPLES = Duration.ofMillis(4);
    /** How many versions' worth of examples each life is given. */
    private static final int VERSIONS_A_LIFE = 2;

    private final Surroundings around;
    private final StopSignal stop;
    private final int kills;
    private final long examplesAVersion;
    private final Random random;
    private final List<Long> restarts = new ArrayList<>();
    private final Map<Long, String> unverified = new TreeMap<>();
    private int inCheckpoint;
    private int inTransaction;
    private int inIngestTransaction;
    private KillMoment.Pace pace = new KillMoment.Pace(Duration.ZERO, Duration.ZERO, Duration.ZERO);

    /**
     * A bench.
     *
     * @param around where progress is shown
     * @param stop ends it early
     * @param kills how many
     * @param examplesAVersion how many examples make a version
     * @param seed of the moments
     */
    KillBench(Surroundings around, StopSignal stop, int kills, long examplesAVersion, long seed) {
        this.around = around;
        this.stop = stop;
        this.kills = kills;
        this.examplesAVersion = examplesAVersion;
        this.random = new Random(seed);
    }

    /** {@return how long the stream is: some versions for each life, and for the last one} */
    long examples() {
        return allowed(kills) + examplesAVersion * VERSIONS_A_LIFE;
    }

    /** What may have been sent before a life begins, so that every life has something to do. */
    private long allowed(int life) {
        return examplesAVersion * VERSIONS_A_LIFE * (life + 1L);
    }

    /**
     * One child, left alone, learns the whole stream.
     *
     * @param stage of its own
     * @return the registry at its end
     */
    ModelRegistry undisturbed(KillStage stage) {
        Stopwatch writes = new Stopwatch(Announcement.Kind.WRITE_BEGUN, Announcement.Kind.WRITE_ENDED);
        Stopwatch transactions =
                new Stopwatch(Announcement.Kind.TRANSACTION_BEGUN, Announcement.Kind.TRANSACTION_ENDED);
        stage.feedTo(examples());
        try (TrainingChild child = stage.begin((alive, said) -> {
            long now = around.nanoTicker().getAsLong();
            writes.hear(said, now);
            transactions.hear(said, now);
        })) {
            learnAll(child, stage.model(), "Undisturbed");
            pace = new KillMoment.Pace(
                    Duration.ofNanos(child.trainedAfterNanos().orElseThrow()), writes.median(), transactions.median());
        }
        return stage.registry();
    }

    private void learnAll(TrainingChild child, String model, String task) {
        try (Progress progress = Progress.begin(around, task, "examples", examples())) {
            while (child.publishedExamples(model) < examples()) {
                requireLife(child);
                progress.to(child.publishedExamples(model));
                progress.note("v" + child.publishedVersion(model));
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
            progress.to(examples());
        }
        int exit = child.end();
        if (exit != 0) {
            throw new IllegalStateException("the process that trains ended with " + exit + " and not with 0");
        }
    }

    private void requireLife(TrainingChild child) {
        if (stop.isAsked()) {
            throw new CommandException("stopped before the end");
        }
        if (!child.isAlive()) {
            throw new IllegalStateException(
                    "the process that trains has ended by itself, with exit code " + child.awaitEnd());
        }
    }

    /**
     * Children are killed, one after the other; the last one learns what is left.
     *
     * @param stage of their own
     * @return the registry at the end
     */
    ModelRegistry killed(KillStage stage) {
        try (Progress progress = Progress.begin(around, "Killing", "kills", kills)) {
            for (int life = 0; life < kills; life++) {
                KillMoment moment = KillMoment.draw(random, pace, aim(life));
                ModelRegistry registry = liveAndDie(stage, life, moment);
                unverified.putAll(stage.audit().unverified(registry));
                progress.to(life + 1L);
                progress.note("v" + registry.versions(stage.model()).size() + ", " + inCheckpoint + " in a checkpoint, "
                        + inTransaction + " in a transaction");
            }
        }
        stage.feedTo(examples());
        try (TrainingChild last = stage.begin((alive, said) -> {})) {
            learnAll(last, stage.model(), "Last life");
        }
        ModelRegistry registry = stage.registry();
        unverified.putAll(stage.audit().unverified(registry));
        unverified.putAll(stage.refused());
        return registry;
    }

    /** Chance chooses; but from a third of the kills on, what was never hit is tried until it is. */
    private Aim aim(int life) {
        double drawn = random.nextDouble();
        if (life >= kills / 3 && inTransaction == 0) {
            return Aim.OPEN_TRANSACTION;
        }
        if (life >= kills / 3 && inCheckpoint == 0) {
            return Aim.CHECKPOINT;
        }
        if (drawn < 0.3) {
            return drawn < 0.15 ? Aim.START : Aim.TRAINING;
        }
        if (drawn < 0.6) {
            return Aim.CHECKPOINT;
        }
        return drawn < 0.75 ? Aim.TRANSACTION : Aim.OPEN_TRANSACTION;
    }

    private ModelRegistry liveAndDie(KillStage stage, int life, KillMoment moment) {
        stage.feedTo(allowed(life) + examplesAVersion);
        AtomicInteger heard = new AtomicInteger();
        try (TrainingChild child = stage.begin((alive, said) -> {
            if (moment.waitsFor(said.kind()) && heard.incrementAndGet() == moment.occurrence()) {
                if (moment.aim() == Aim.OPEN_TRANSACTION) {
                    untilOpen(stage);
                }
                LockSupport.parkNanos(moment.delay().toNanos());
                alive.kill();
            }
        })) {
            while (child.isAlive()) {
                if (moment.hasCome(child)) {
                    child.kill();
                }
                feedSlowly(stage, child, life);
                LockSupport.parkNanos(LOOK.toNanos());
            }
            int exit = child.awaitEnd();
            if (exit != KillMoment.KILLED) {
                throw new IllegalStateException("the process that trains has ended by itself, with exit code " + exit);
            }
            if (stop.isAsked()) {
                throw new CommandException("stopped before the end");
            }
            count(stage, child, moment);
            return stage.registry();
        }
    }

    /** Asks the broker until it says that the trainer's transaction is open; it may be over before it is seen. */
    private void untilOpen(KillStage stage) {
        long asked = around.nanoTicker().getAsLong();
        while (!stage.openTransactions().contains(stage.trainersTransaction())
                && around.nanoTicker().getAsLong() - asked < LONGEST_TRANSACTION.toNanos()) {
            Thread.onSpinWait();
        }
    }

    /** Examples keep coming while the child trains, so that ingest is at work when it dies. */
    private void feedSlowly(KillStage stage, TrainingChild child, int life) {
        child.trainedAfterNanos().ifPresent(trained -> {
            long steps = (child.sinceStart() - trained) / BETWEEN_EXAMPLES.toNanos();
            long more = Math.min(examplesAVersion * VERSIONS_A_LIFE, examplesAVersion + steps);
            stage.feedTo(allowed(life) + more);
        });
    }

    private void count(KillStage stage, TrainingChild child, KillMoment moment) {
        Set<String> open = stage.openTransactions();
        boolean checkpoint = child.isWriting();
        boolean transaction = child.isPublishing() && open.contains(stage.trainersTransaction());
        inCheckpoint += checkpoint ? 1 : 0;
        inTransaction += transaction ? 1 : 0;
        inIngestTransaction += open.stream().anyMatch(id -> id.startsWith(stage.ingestsTransactions())) ? 1 : 0;
        child.trainedAfterNanos().ifPresent(restarts::add);
        if (!restarts.isEmpty()) {
            pace = new KillMoment.Pace(Duration.ofNanos(median(restarts)), pace.write(), pace.transaction());
        }
        LOG.info(
                "Killed {} ms after its start, aim {}, in a checkpoint: {}, in a transaction: {}, announced: {}, open: {}",
                child.sinceStart() / 1_000_000,
                moment,
                checkpoint,
                transaction,
                child.isPublishing(),
                open);
    }

    private static long median(List<Long> values) {
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
    }

    int inCheckpoint() {
        return inCheckpoint;
    }

    int inTransaction() {
        return inTransaction;
    }

    /** {@return kills that left a transaction of ingest open} */
    int inIngestTransaction() {
        return inIngestTransaction;
    }

    /** {@return how many lives came as far as training before they were killed} */
    int trained() {
        return restarts.size();
    }

    /** {@return from the start of a process to the end of its first mini-batch, the median} */
    Duration medianRestart() {
        return Duration.ofNanos(median(restarts));
    }

    KillMoment.Pace pace() {
        return pace;
    }

    /** {@return the versions that did not verify, at any time, each with the reason} */
    Map<Long, String> unverified() {
        return Collections.unmodifiableMap(unverified);
    }

    /** Times what begins and ends by announcements. */
    private static final class Stopwatch {

        private final Announcement.Kind begins;
        private final Announcement.Kind ends;
        private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
        private long begun;

        Stopwatch(Announcement.Kind begins, Announcement.Kind ends) {
            this.begins = begins;
            this.ends = ends;
        }

        void hear(Announcement said, long now) {
            if (said.kind() == begins) {
                begun = now;
            } else if (said.kind() == ends) {
                nanos.add(now - begun);
            }
        }

        Duration median() {
            return Duration.ofNanos(KillBench.median(List.copyOf(nanos)));
        }
    }
}
