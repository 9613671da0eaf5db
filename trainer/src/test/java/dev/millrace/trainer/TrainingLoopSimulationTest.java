package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.millrace.registry.Faults.Kind;
import dev.millrace.registry.Faults.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop with a disk and a log that go wrong at the first operation, then at the second, and so on until a run ends
 * without having come so far; and with many things going wrong in one run.
 *
 * <p>A failure names its seed and its faults. {@code -Dsimulation.seed=7} repeats that seed, and with {@code
 * -Dsimulation.operation=31} that operation alone, with all that the loop says about it. {@code -Dsimulation.stride=1} has
 * each operation go wrong in every way, as the profile {@code slow} does; a build has each go wrong in one of them.
 */
@Timeout(300)
class TrainingLoopSimulationTest {

    private static final Logger LOG = LoggerFactory.getLogger(TrainingLoopSimulationTest.class);

    private static final long SEED = Long.getLong("simulation.seed", 20261124);

    private static final List<Kind> WAYS = List.of(Kind.values());

    /** There are four ways, and each begins at an operation of its own: 4 has every operation go wrong in one of them. */
    private static final int STRIDE = Integer.getInteger("simulation.stride", 4);

    private static final int ONLY = Integer.getInteger("simulation.operation", 0);
    private static final int FEWEST_OPERATIONS = 150;
    private static final int OUTAGE = 4;
    private static final int WORLDS = 20;

    /** Whatever a trainer asks of a disk and of Kafka when all goes well. */
    private static final List<String> OPERATIONS = List.of(
            "create a folder",
            "force a folder",
            "create a file",
            "write",
            "force a file",
            "rename",
            "set a time",
            "read a file",
            "delete",
            "init transactions",
            "send",
            "send offsets",
            "flush",
            "commit",
            "poll",
            "ask for offsets",
            "ask for beginnings",
            "ask for partitions",
            "read the registry");

    @TempDir
    static Path folder;

    private static Workshop workshop;
    private static List<String> undisturbed;

    @BeforeAll
    static void trainUndisturbed() throws IOException {
        if (ONLY == 0) {
            // The loop tells each fault at length, which is for whoever looks at one of them.
            setLevel(Level.ERROR);
        }
        workshop = new Workshop();
        try (Simulation simulation = simulation(SEED, Plan.NONE).run()) {
            undisturbed = simulation.invariants.history();
            LOG.info(
                    "{} operations in an undisturbed run: {}",
                    simulation.faults.operations(),
                    simulation.faults.counts());
            assertThat(undisturbed).hasSize(3);
            assertThat(simulation.processes()).isEqualTo(2);
            assertThat(simulation.faults.operations()).isGreaterThan(FEWEST_OPERATIONS);
            assertThat(simulation.faults.counts().keySet()).containsExactlyInAnyOrderElementsOf(OPERATIONS);
            simulation.startOnceMore();
        }
    }

    @AfterAll
    static void close() {
        workshop.close();
        setLevel(null);
    }

    private static void setLevel(@Nullable Level level) {
        for (String loud : List.of("dev.millrace.registry", "dev.millrace.trainer.TrainingLoop")) {
            ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger(loud)).setLevel(level);
        }
        for (Class<?> loud : List.of(PartitionOpener.class, SupersededStates.class)) {
            ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger(loud)).setLevel(level);
        }
    }

    private static Simulation simulation(long seed, Plan plan) throws IOException {
        return new Simulation(workshop, Files.createTempDirectory(folder, "world"), seed, plan);
    }

    private static void assertNothingDiffers(Simulation simulation) {
        assertThat(simulation.invariants.history())
                .as("%s: the versions are the undisturbed ones", simulation.faults)
                .isEqualTo(undisturbed);
    }

    @ParameterizedTest
    @EnumSource
    void endsAsIfNothingHadHappenedWhicheverOperationGoesWrong(Kind kind) throws IOException {
        disturbFromEachOperation(
                kind.name(), 1 + WAYS.indexOf(kind) % STRIDE, STRIDE, operation -> Plan.one(kind, operation));
    }

    @Test
    void endsAsIfNothingHadHappenedWheneverAnOutageBegins() throws IOException {
        // Two outages share an operation, so that any two operations in a row fail together once.
        disturbFromEachOperation("outage", 1, OUTAGE - 1, operation -> Plan.outage(operation, OUTAGE));
    }

    private static void disturbFromEachOperation(String how, int first, int stride, IntFunction<Plan> plans)
            throws IOException {
        int operation = Math.max(ONLY, first);
        while (isHit(plans.apply(operation)) && ONLY == 0) {
            operation += stride;
        }
        LOG.info("{}: from each of {} operations on, in a run of its own", how, (operation - first) / stride);
        assertThat(operation).isGreaterThan(ONLY == 0 ? FEWEST_OPERATIONS : 0);
    }

    private static boolean isHit(Plan plan) throws IOException {
        try (Simulation simulation = simulation(SEED, plan).run()) {
            assertNothingDiffers(simulation);
            return !simulation.faults.happened().isEmpty();
        }
    }

    @Test
    void endsAsIfNothingHadHappenedWhateverGoesWrongTogether() throws IOException {
        int faults = 0;
        for (long seed = SEED; seed < SEED + WORLDS; seed++) {
            try (Simulation simulation =
                    simulation(seed, Plan.random(seed, 25, 12)).run()) {
                assertNothingDiffers(simulation);
                simulation.startOnceMore();
                faults += simulation.faults.happened().size();
            }
        }
        LOG.info("{} faults in {} runs", faults, WORLDS);
        assertThat(faults).isGreaterThan(5 * WORLDS);
    }

    @Test
    void aCommitWhoseAnswerIsLostIsFoundInTheRegistryAndNotMadeAgain() throws IOException {
        try (Simulation simulation =
                simulation(SEED, Plan.one(Kind.ANSWER_LOST, "commit", 2)).run()) {
            assertThat(simulation.faults.counts()).as("no fourth try").containsEntry("commit", 3);
            assertNothingDiffers(simulation);
        }
    }

    @Test
    void aCommitThatWasOnItsWayWhenItsProcessDiedIsWaitedFor() throws IOException {
        int arrived = 0;
        for (long seed = SEED; seed < SEED + WORLDS; seed++) {
            try (Simulation simulation =
                    simulation(seed, Plan.one(Kind.KILLED, "commit", 2)).run()) {
                arrived += simulation.faults.counts().getOrDefault("commit", 0) == 3 ? 1 : 0;
                assertNothingDiffers(simulation);
            }
        }
        assertThat(arrived).as("some arrive and some do not").isBetween(1, WORLDS - 1);
    }

    @Test
    void aTrainerThatWasReplacedPublishesNothing() throws IOException {
        try (Simulation simulation = simulation(SEED, Plan.NONE);
                SimulatedTrainer stalled = simulation.newTrainer();
                SimulatedTrainer successor = simulation.newTrainer()) {
            // It has learned a mini-batch and written its files, and then stands still for longer than its session
            // lasts.
            while (stalled.learned() < TinyRecipe.BATCH) {
                stalled.turn();
            }
            simulation.log.expelMember();
            while (simulation.invariants.versions().size() < 2) {
                successor.turn();
            }
            for (int i = 0; i < 5; i++) {
                stalled.turn();
            }
            assertThat(simulation.invariants.versions())
                    .as("it published nothing")
                    .hasSize(2);
            assertThat(stalled.learned()).as("it learned nothing more").isEqualTo(TinyRecipe.BATCH);
            while (!simulation.isFinished()) {
                successor.turn();
            }
            assertNothingDiffers(simulation);
        }
    }
}
