package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.Faults.Kind;
import dev.millrace.registry.Faults.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
 * <p>A failure names its seed and its faults. {@code -Dsimulation.seed=7} repeats that seed, and {@code
 * -Dsimulation.operation=31} that operation alone.
 */
@Timeout(300)
class TrainingLoopSimulationTest {

    private static final Logger LOG = LoggerFactory.getLogger(TrainingLoopSimulationTest.class);

    private static final long SEED = Long.getLong("simulation.seed", 20261124);
    private static final int ONLY = Integer.getInteger("simulation.operation", 0);
    private static final int FEWEST_OPERATIONS = 100;

    @TempDir
    static Path folder;

    private static Workshop workshop;
    private static List<String> undisturbed;

    @BeforeAll
    static void trainUndisturbed() throws IOException {
        workshop = new Workshop();
        Simulation simulation = simulation(SEED, Plan.NONE).run();
        undisturbed = simulation.invariants.history();
        LOG.info("An undisturbed run does {}", simulation.faults.counts());
        assertThat(undisturbed).hasSize(3);
        assertThat(simulation.processes()).isOne();
        assertThat(simulation.learned()).isEqualTo(Simulation.EXAMPLES);
        assertThat(simulation.faults.operations()).isGreaterThan(FEWEST_OPERATIONS);
        simulation.startOnceMore();
    }

    @AfterAll
    static void close() {
        workshop.close();
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
        int operation = Math.max(ONLY, 1);
        while (isHit(operation, Plan.one(kind, operation)) && ONLY == 0) {
            operation++;
        }
        LOG.info("{}: {} operations, one after the other", kind, operation - 1);
        assertThat(operation).isGreaterThan(ONLY == 0 ? FEWEST_OPERATIONS : 0);
    }

    private static boolean isHit(int operation, Plan plan) throws IOException {
        Simulation simulation = simulation(SEED + operation, plan).run();
        assertNothingDiffers(simulation);
        return !simulation.faults.happened().isEmpty();
    }
}
