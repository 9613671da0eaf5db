package dev.millrace.app;

import dev.millrace.app.KillMoment.Aim;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lives and deaths of {@code bench trainers}: a crew of which one after the other is killed and started again, and then
 * one trainer that is left alone with the same ledger. For use by one thread.
 */
final class TrainersBench {

    /**
     * What is done.
     *
     * @param processes in the crew
     * @param kills how many
     * @param rate examples a second of each model
     * @param batch examples of a mini-batch
     * @param seed of who is killed, and when
     */
    record Plan(int processes, int kills, double rate, int batch, long seed) {}

    private static final Logger LOG = LoggerFactory.getLogger(TrainersBench.class);
    private static final Duration LOOK = Duration.ofMillis(2);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration LONGEST_TRANSACTION = Duration.ofMillis(500);
    /** A transaction that is open for so long after a death was the dead one's: others take some 12 ms. */
    private static final Duration LEFT_OPEN = Duration.ofMillis(150);

    private static final double UNSETTLED_SHARE = 0.25;
    /** How long the things take that are to be hit, with the small base; whether they were hit is found out afterwards. */
    private static final KillMoment.Pace PACE =
            new KillMoment.Pace(Duration.ofSeconds(2), Duration.ofMillis(5), Duration.ofMillis(12));

    private final Surroundings around;
    private final StopSignal stop;
    private final TrainersStage stage;
    private final Plan plan;
    private final Random random;
    private final Set<String> orphans = new HashSet<>();
    private Map<String, Map<Long, Long>> published = Map.of();
    private List<Crew.Standstill> standstills = List.of();
    private long begun;
    private boolean feeding;
    private int unsettled;
    private int inCheckpoint;
    private int inTransaction;

    TrainersBench(Surroundings around, StopSignal stop, TrainersStage stage, Plan plan) {
        this.around = around;
        this.stop = stop;
        this.stage = stage;
        this.plan = plan;
        this.random = new Random(plan.seed());
    }

    /**
     * Kills members of a crew while examples arrive, and lets the crew learn what is left.
     *
     * @param site of its own
     * @return the offsets of the ledger's examples, by model
     */
    Map<String, List<Long>> killed(TrainingSite site) {
        try (Crew crew = new Crew(site, plan.processes());
                Progress progress = Progress.begin(around, "Killing", "kills", plan.kills())) {
            begun = around.nanoTicker().getAsLong();
            feeding = true;
            for (int kill = 0; kill < plan.kills(); kill++) {
                boolean settled = kill == 0 || random.nextDouble() >= UNSETTLED_SHARE;
                if (settled) {
                    await(crew, crew::isSettled, "the models of a killed process were not trained again");
                }
                kill(crew, site, random.nextInt(plan.processes()), settled);
                progress.to(kill + 1L);
                progress.note(inTransaction + " in a transaction");
            }
            await(crew, crew::isSettled, "the models of a killed process were not trained again");
            feeding = false;
            long examples = (stage.produced() + plan.batch() - 1) / plan.batch() * plan.batch();
            stage.feedTo(examples);
            Map<String, List<Long>> offsets = stage.awaitLedger(stop);
            await(crew, () -> crew.hasLearned(examples), "what is left was not learned");
            crew.end();
            published = crew.published();
            standstills = crew.standstills();
            finish(site, examples);
            return offsets;
        }
    }

    /** One that is asked to end in the middle of a rebalance may have to leave its last version to the next. */
    private void finish(TrainingSite site, long examples) {
        ModelRegistry registry = site.registry();
        boolean complete = stage.models().stream()
                .allMatch(model ->
                        registry.latest(model).map(VersionRecord::examples).orElse(0L) >= examples);
        if (!complete) {
            LOG.info("The last version of a model is left to one more process");
            try (Crew last = new Crew(site, 1)) {
                await(last, () -> last.hasLearned(examples), "what is left was not learned");
                last.end();
                published = merged(published, last.published());
            }
        }
    }

    private static Map<String, Map<Long, Long>> merged(
            Map<String, Map<Long, Long>> earlier, Map<String, Map<Long, Long>> later) {
        Map<String, Map<Long, Long>> all = new TreeMap<>();
        for (Map<String, Map<Long, Long>> each : List.of(earlier, later)) {
            each.forEach((model, versions) ->
                    all.computeIfAbsent(model, name -> new TreeMap<>()).putAll(versions));
        }
        return all;
    }

    private void kill(Crew crew, TrainingSite site, int slot, boolean settled) {
        TrainingChild victim = crew.member(slot);
        if (settled) {
            pause(crew, Duration.ofSeconds(1));
            strike(crew, site, victim, KillMoment.draw(random, PACE, aim()));
        } else {
            unsettled++;
            pause(crew, site.settings().trainer().sessionTimeout().plus(PACE.restart()));
            victim.kill();
        }
        int exit = victim.awaitEnd();
        if (exit != KillMoment.KILLED) {
            throw new IllegalStateException("a process that trains has ended by itself, with exit code " + exit);
        }
        boolean checkpoint = victim.isWriting();
        boolean open = hasLeftOpen(victim, site);
        inCheckpoint += checkpoint ? 1 : 0;
        inTransaction += open ? 1 : 0;
        LOG.info(
                "Killed trainer-{}, which held {}; settled: {}, in a checkpoint: {}, in a transaction: {}",
                slot,
                victim.held(),
                settled,
                checkpoint,
                open);
        crew.replace(slot, new Crew.Circumstances(!settled, open));
    }

    private Aim aim() {
        double drawn = random.nextDouble();
        if (drawn < 0.5) {
            return drawn < 0.3 ? Aim.TRAINING : Aim.CHECKPOINT;
        }
        return drawn < 0.7 ? Aim.TRANSACTION : Aim.OPEN_TRANSACTION;
    }

    private void strike(Crew crew, TrainingSite site, TrainingChild victim, KillMoment moment) {
        long aimed = around.nanoTicker().getAsLong();
        AtomicInteger heard = new AtomicInteger();
        crew.listen((child, said) -> {
            if (child == victim && moment.waitsFor(said.kind()) && heard.incrementAndGet() == moment.occurrence()) {
                if (moment.aim() == Aim.OPEN_TRANSACTION) {
                    untilOpen(site);
                }
                LockSupport.parkNanos(moment.delay().toNanos());
                victim.kill();
            }
        });
        while (victim.isAlive()) {
            if (moment.hasCome(Duration.ofNanos(around.nanoTicker().getAsLong() - aimed))) {
                victim.kill();
            }
            look(crew);
        }
        crew.listen((child, said) -> {});
    }

    /** Asks the broker until it says that a transaction is open that was not; it may be over before it is seen. */
    private void untilOpen(TrainingSite site) {
        long asked = around.nanoTicker().getAsLong();
        while (orphans.containsAll(stage.openTransactions(site.transactions()))
                && around.nanoTicker().getAsLong() - asked < LONGEST_TRANSACTION.toNanos()) {
            Thread.onSpinWait();
        }
    }

    private boolean hasLeftOpen(TrainingChild dead, TrainingSite site) {
        if (!dead.isPublishing()) {
            return false;
        }
        Set<String> open = new HashSet<>(stage.openTransactions(site.transactions()));
        open.removeAll(orphans);
        LockSupport.parkNanos(LEFT_OPEN.toNanos());
        open.retainAll(stage.openTransactions(site.transactions()));
        if (!site.named()) {
            orphans.addAll(open); // nobody takes the name again, so only time ends it
        }
        return !open.isEmpty();
    }

    /** Lets time pass, and examples arrive. */
    private void pause(Crew crew, Duration most) {
        long end = around.nanoTicker().getAsLong() + (long) (random.nextDouble() * most.toNanos());
        while (around.nanoTicker().getAsLong() < end) {
            look(crew);
        }
    }

    private void await(Crew crew, BooleanSupplier condition, String otherwise) {
        long since = around.nanoTicker().getAsLong();
        Map<String, Long> learned = Map.of();
        while (!condition.getAsBoolean()) {
            long now = around.nanoTicker().getAsLong();
            // A ledger may be as long as it likes, as long as there is progress; a group that shares out may not.
            if (!feeding && !learned.equals(crew.learned())) {
                learned = crew.learned();
                since = now;
            }
            if (now - since > PATIENCE.toNanos()) {
                throw new IllegalStateException(otherwise + " within " + PATIENCE + "; learned: " + crew.learned());
            }
            look(crew);
        }
    }

    private void look(Crew crew) {
        if (stop.isAsked()) {
            throw new CommandException("stopped before the end");
        }
        crew.requireLife();
        double elapsed = (around.nanoTicker().getAsLong() - begun) / 1e9;
        stage.feedTo(feeding ? (long) (elapsed * plan.rate()) : 0);
        LockSupport.parkNanos(LOOK.toNanos());
    }

    /**
     * One trainer, left alone, learns the whole ledger.
     *
     * @param site of its own
     */
    void alone(TrainingSite site) {
        long examples = stage.produced();
        try (Crew crew = new Crew(site, 1);
                Progress progress = Progress.begin(
                        around,
                        "Undisturbed",
                        "examples",
                        examples * stage.models().size())) {
            await(
                    crew,
                    () -> {
                        progress.to(crew.learned().values().stream()
                                .mapToLong(Long::longValue)
                                .sum());
                        return crew.hasLearned(examples);
                    },
                    "the ledger was not learned");
            crew.end();
        }
    }

    /** {@return the examples of each version that a process said it has published, by model and number} */
    Map<String, Map<Long, Long>> published() {
        return published;
    }

    List<Crew.Standstill> standstills() {
        return standstills;
    }

    int kills() {
        return plan.kills();
    }

    /** {@return kills while the group was still busy with the one before} */
    int unsettled() {
        return unsettled;
    }

    int inCheckpoint() {
        return inCheckpoint;
    }

    /** {@return kills that left a transaction of a version open} */
    int inTransaction() {
        return inTransaction;
    }
}
