package dev.millrace.trainer;

import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.SimulatedConsumer;
import dev.millrace.registry.SimulatedDisk;
import dev.millrace.registry.SimulatedLog;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * One process that trains: the real loop, connected as {@link TrainerService} connects it, but to a simulated disk and
 * log, and with one thread for everything. The test takes the turns.
 */
final class SimulatedTrainer implements AutoCloseable {

    static final String MODEL = "support";
    static final String LEDGER = "ledger";
    static final String REGISTRY = "registry";
    static final String GROUP = "trainers";

    /** A version of each mini-batch, so that a few examples make many; two of them keep their training states. */
    static final VersionPolicy POLICY =
            new VersionPolicy(TinyRecipe.BATCH, Duration.ofDays(1), Duration.ofSeconds(5), 2);

    private final AtomicLong nanos = new AtomicLong();
    private final SimulatedConsumer consumer;
    private final TrainingLoop loop;
    private int learned;

    /**
     * Starts a process.
     *
     * @param transactionalId a new one for each process
     */
    SimulatedTrainer(Workshop workshop, SimulatedDisk disk, SimulatedLog log, String transactionalId)
            throws IOException {
        Recipe recipe = TinyRecipe.standard();
        TrainerSettings settings = new TrainerSettings(
                Map.of(MODEL, new Job(workshop.base, recipe)),
                LEDGER,
                "rejected",
                REGISTRY,
                GROUP,
                null,
                Duration.ofSeconds(2),
                0,
                Map.of(),
                1,
                POLICY);
        Clock clock = Clock.fixed(HelpDesk.START, ZoneOffset.UTC);
        FolderArtifactStore store = disk.store(clock);
        Supplier<ModelRegistry> registry = log::settledRegistry;
        consumer = log.consumer();
        TrainingObserver observer = new TrainingObserver() {
            @Override
            public void stepped(String model, StepReport report) {
                learned += report.fresh();
            }
        };
        Examiner examiner = new Examiner(store, workshop.network.compute(), nanos::get);
        Workbench bench = new Workbench(workshop.base, workshop.network, workshop.tokenizer, recipe);
        DirectExecutor writerThread = new DirectExecutor();
        loop = new TrainingLoop(
                settings,
                consumer,
                new Arrivals(Runnable::run),
                new PartitionOpener(
                        settings,
                        CreatedJobs.NONE,
                        consumer,
                        new SettledRegistry(consumer, registry),
                        new EarlierPartitions(() -> {
                            throw new IllegalStateException("a ledger of one partition never had fewer");
                        }),
                        new ModelOpener(model -> bench, POLICY, store, observer, nanos::get)),
                new VersionPipeline(
                        settings,
                        () -> log.publisher(transactionalId),
                        new VersionWriter(
                                model -> bench,
                                store,
                                clock,
                                nanos::get,
                                new Gate(POLICY.gate(), store, examiner, registry, clock),
                                UnaryOperator.identity()),
                        writerThread,
                        new SupersededStates(store, registry, POLICY.trainingStates()),
                        observer,
                        RegistryObserver.NONE,
                        nanos::get),
                new AutomaticRollback(POLICY, examiner, registry, clock, writerThread),
                observer,
                nanos::get);
    }

    /** One turn. When there was nothing to learn, so much time passes that what waits is flushed. */
    void turn() {
        if (loop.runOnce() == 0) {
            nanos.addAndGet(POLICY.idleFlush().toNanos());
        }
    }

    /** How many examples this process has learned. */
    int learned() {
        return learned;
    }

    /** Ends it in good order. What still goes wrong meanwhile is thrown after all has been released. */
    @Override
    public void close() {
        try {
            loop.close();
        } finally {
            consumer.close();
        }
    }
}
