package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Faults;
import dev.millrace.registry.SimulatedDisk;
import dev.millrace.registry.SimulatedLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A world with one disk, one log and a ledger that is to be learned, in which processes train one after the other, each
 * until a fault ends it; the first is stopped in good order after its first version, so that there is one that goes on
 * from a version in every run. Everything that happens follows from the seed and the plan of faults.
 */
final class Simulation implements AutoCloseable {

    static final int EXAMPLES = 20;

    private static final int MOST_TURNS = 200;
    private static final int MOST_PROCESSES = 50;

    final Faults faults;
    final SimulatedDisk disk;
    final SimulatedLog log;
    final Invariants invariants;
    private final Workshop workshop;
    private final Path folder;
    private int processes;

    Simulation(Workshop workshop, Path folder, long seed, Faults.Plan plan) throws IOException {
        this.workshop = workshop;
        this.folder = folder;
        faults = new Faults(seed, plan);
        disk = new SimulatedDisk(folder, faults);
        log = new SimulatedLog(faults, SimulatedTrainer.LEDGER, SimulatedTrainer.REGISTRY, SimulatedTrainer.GROUP);
        invariants = new Invariants(faults, disk, log);
        log.afterCommit(invariants::holdAtACommit);
        appendLedger();
    }

    /** As ingest does: transactions of a few, of which some are aborted, so that offsets have gaps. */
    private void appendLedger() {
        List<LabelledExample> examples = HelpDesk.examples(SimulatedTrainer.MODEL, EXAMPLES, 1);
        for (int i = 0; i < EXAMPLES; i += 5) {
            List<ProducerRecord<byte[], byte[]>> records = examples.subList(i, i + 5).stream()
                    .map(example -> new ProducerRecord<>(
                            SimulatedTrainer.LEDGER,
                            null,
                            example.time().toEpochMilli(),
                            SimulatedTrainer.MODEL.getBytes(StandardCharsets.UTF_8),
                            ExampleJson.write(example)))
                    .toList();
            log.appendToLedger(records.subList(0, 2), false);
            log.appendToLedger(records, true);
        }
    }

    /** Starts one process after the other until all is learned and published. */
    Simulation run() throws IOException {
        while (!isFinished()) {
            assertThat(processes).as("%s: processes", faults).isLessThan(MOST_PROCESSES);
            trainUntilAFaultEndsIt();
            invariants.holdBetweenProcesses();
        }
        return this;
    }

    /** A process that has nothing to do any more finds that out. */
    Simulation startOnceMore() throws IOException {
        faults.end();
        long versions = invariants.history().size();
        try (SimulatedTrainer trainer = newTrainer()) {
            for (int i = 0; i < 5; i++) {
                trainer.turn();
            }
            assertThat(trainer.learned()).as("%s: learned once more", faults).isZero();
        }
        assertThat(invariants.history()).as("%s: versions", faults).hasSize((int) versions);
        return this;
    }

    private void trainUntilAFaultEndsIt() throws IOException {
        try (SimulatedTrainer trainer = newTrainer()) {
            turn(trainer);
        } catch (IOException | RuntimeException | Faults.Death e) {
            if (!Faults.caused(e)) {
                throw new AssertionError(faults + ": not caused by a fault", e);
            }
        }
        disk.recover();
        log.recover();
    }

    private void turn(SimulatedTrainer trainer) {
        boolean first = processes == 1;
        for (int turns = 0; !isFinished() && !(first && invariants.versions().size() == 1); turns++) {
            assertThat(turns).as("%s: turns of a process", faults).isLessThan(MOST_TURNS);
            trainer.turn();
        }
    }

    SimulatedTrainer newTrainer() throws IOException {
        processes++;
        return new SimulatedTrainer(workshop, disk, log, "trainer-" + processes);
    }

    boolean isFinished() {
        return log.registry()
                .latest(SimulatedTrainer.MODEL)
                .filter(version -> version.examples() == EXAMPLES)
                .isPresent();
    }

    /** How many processes there were. */
    int processes() {
        return processes;
    }

    /** Leaves nothing on the real disk. */
    @Override
    public void close() throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
