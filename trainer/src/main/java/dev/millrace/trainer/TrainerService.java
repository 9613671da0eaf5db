package dev.millrace.trainer;

import dev.millrace.model.Compute;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.StandbyFiles;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trainer with a thread of its own: fine-tunes the models of the consumer group's partitions it is given, and
 * publishes their versions.
 *
 * <pre>{@code
 * try (TrainerService trainer = TrainerService.start(
 *         settings, CreatedJobs.NONE, Compute.fastest(), store, UnaryOperator.identity(), TrainingObserver.NONE,
 *         RegistryObserver.NONE, Clock.systemUTC(), System::nanoTime)) {
 *     // versions appear in the registry while examples arrive
 * }
 * }</pre>
 *
 * <p>The first failure that is not understood stops the thread; {@link #failure} then tells it, and what was published
 * stays. Safe for use by several threads.
 */
public final class TrainerService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrainerService.class);
    private static final Duration REGISTRY_PATIENCE = Duration.ofSeconds(60);
    private static final Duration LONGEST_TURN = Duration.ofMinutes(10);
    /** How long the last versions may take when it is closed; these three together stay below ten seconds. */
    private static final Duration FINISHING_PATIENCE = Duration.ofSeconds(5);

    private static final Duration LEAVING_GROUP = Duration.ofSeconds(1);
    private static final Duration LEAVING_PATIENCE = Duration.ofSeconds(3);
    private static final Duration WRITER_PATIENCE = Duration.ofSeconds(1);
    private static final int MINI_BATCHES_A_POLL = 8;

    private final @Nullable String instanceId;
    private final Recipe largest;
    private final Workbenches benches;
    private final Map<String, String> runtime;
    private final Consumer<byte[], byte[]> consumer;
    private final ExecutorService writerThread;
    private final ExecutorService readerThread;
    private final Supplier<TrainingLoop> loops;
    private final Optional<StandbyFiles> standbyFiles;
    private final Thread thread;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean stopping;
    private volatile boolean standingBy;
    private volatile @Nullable Throwable failure;

    private TrainerService(
            TrainerSettings settings,
            CreatedJobs created,
            Workbenches benches,
            Compute compute,
            ArtifactStore store,
            UnaryOperator<VersionRecord> signing,
            TrainingObserver observer,
            RegistryObserver registryObserver,
            Clock clock,
            LongSupplier nanoTime) {
        this.instanceId = settings.instanceId();
        this.benches = benches;
        this.runtime = benches.runtime();
        Map<String, Object> client = new HashMap<>(settings.clientProperties());
        Supplier<ModelRegistry> registry =
                () -> RegistryReader.readSettled(client, settings.registryTopic(), REGISTRY_PATIENCE);
        String transactionalId = transactionalId(settings);
        largest = settings.largest();
        consumer = new KafkaConsumer<>(
                consumerProperties(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        writerThread = Executors.newSingleThreadExecutor(task -> daemon(task, "millrace-version-writer"));
        readerThread = Executors.newSingleThreadExecutor(task -> daemon(task, "millrace-ledger-reader"));
        Examiner examiner = new Examiner(store, compute, nanoTime);
        loops = () -> new TrainingLoop(
                settings,
                consumer,
                new Arrivals(readerThread),
                new PartitionOpener(
                        settings,
                        new TrainableJobs(created, benches),
                        consumer,
                        new SettledRegistry(consumer, registry),
                        new EarlierPartitions(() -> reader(client)),
                        new ModelOpener(benches, settings.policy(), store, observer, nanoTime)),
                new VersionPipeline(
                        settings,
                        () -> VersionPublisher.open(client, settings.registryTopic(), transactionalId),
                        new VersionWriter(
                                benches,
                                store,
                                clock,
                                nanoTime,
                                new Gate(settings.policy().gate(), store, examiner, registry, clock),
                                signing),
                        writerThread,
                        new SupersededStates(store, registry, settings.policy().trainingStates()),
                        observer,
                        registryObserver,
                        nanoTime),
                new AutomaticRollback(settings.policy(), examiner, registry, clock, writerThread),
                observer,
                nanoTime);
        standbyFiles = settings.activeTrainers() == 0
                ? Optional.empty()
                : Optional.of(StandbyFiles.follow(
                        client,
                        settings.registryTopic(),
                        store,
                        () -> {
                            Set<String> models = new HashSet<>(settings.models());
                            models.addAll(created.models());
                            return models;
                        },
                        () -> standingBy,
                        nanoTime));
        thread = daemon(this::run, "millrace-trainer");
    }

    /**
     * Starts a trainer. Kafka is first spoken to on the trainer's own thread, so a broker that does not answer is told by
     * {@link #failure} and not here.
     *
     * @param settings what it is connected to, and what it trains
     * @param created what it trains beside that, of jobs that are created meanwhile
     * @param compute where and how to compute
     * @param store of artifacts
     * @param signing what is done to each record before it is published, such as {@code RecordSigner::sign}, on a thread
     *     of the trainer's; {@code UnaryOperator.identity()} for nothing
     * @param observer told of steps, on the training thread
     * @param registryObserver told of published versions, on the training thread
     * @param clock of the times in version records
     * @param nanoTime of what elapses, in nanoseconds from any moment, such as {@code System::nanoTime}
     * @return it, running; the caller closes it
     * @throws IllegalArgumentException when a recipe does not fit its base
     * @throws org.apache.kafka.common.KafkaException when a client property is not one of Kafka's
     */
    public static TrainerService start(
            TrainerSettings settings,
            CreatedJobs created,
            Compute compute,
            ArtifactStore store,
            UnaryOperator<VersionRecord> signing,
            TrainingObserver observer,
            RegistryObserver registryObserver,
            Clock clock,
            LongSupplier nanoTime) {
        Workbenches benches = Workbenches.of(settings.jobs(), compute);
        try {
            TrainerService service = new TrainerService(
                    settings, created, benches, compute, store, signing, observer, registryObserver, clock, nanoTime);
            service.thread.start();
            return service;
        } catch (RuntimeException e) {
            benches.close();
            throw e;
        }
    }

    /**
     * Who may publish is decided by the consumer group, not by this name. One that is the same after a restart ends what
     * the process before it left open; without such a one it must be a name that no other process has.
     */
    private static String transactionalId(TrainerSettings settings) {
        String instanceId = settings.instanceId();
        return settings.groupId() + "-" + (instanceId == null ? UUID.randomUUID() : instanceId);
    }

    private static Map<String, Object> consumerProperties(TrainerSettings settings) {
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, settings.groupId());
        if (settings.instanceId() != null) {
            properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, settings.instanceId());
        }
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // A model stays where it is unless it has to move, and the others are trained on meanwhile (KIP-429).
        List<String> assignors = new ArrayList<>();
        if (settings.activeTrainers() > 0) {
            properties.put(StandbyAssignor.ACTIVE_MEMBERS, settings.activeTrainers());
            assignors.add(StandbyAssignor.class.getName());
        }
        // Also where some stand by: a group whose processes are restarted with that setting one by one agrees on this.
        assignors.add(CooperativeStickyAssignor.class.getName());
        properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, assignors);
        // A ledger whose beginning is gone must be told, not skipped.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        // Nor may one that was deleted come back empty, because somebody asks for it.
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(
                ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                Math.toIntExact(settings.sessionTimeout().toMillis()));
        properties.put(
                ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                Math.toIntExact(settings.sessionTimeout().toMillis() / 3));
        properties.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, Math.toIntExact(LONGEST_TURN.toMillis()));
        properties.put(
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG, settings.largest().batchSize() * MINI_BATCHES_A_POLL);
        return properties;
    }

    private static Consumer<byte[], byte[]> reader(Map<String, Object> client) {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void run() {
        try (TrainingLoop loop = loops.get()) {
            train(loop);
        } catch (WakeupException | InterruptException e) {
            if (stopping) {
                LOG.warn(
                        "The trainer was closed while it waited for Kafka or for the store. What it had learned since the"
                                + " newest version is learned again by the next");
            } else {
                failed(e);
            }
        } catch (RuntimeException | Error e) {
            failed(e);
        } finally {
            leaveGroup();
        }
    }

    private void train(TrainingLoop loop) {
        try {
            while (!stopping) {
                loop.runOnce();
                lookWhetherStandingBy();
            }
        } catch (WakeupException e) {
            if (!stopping) {
                throw e;
            }
        }
        loop.finish();
    }

    private void lookWhetherStandingBy() {
        boolean standsBy = standbyFiles.isPresent() && consumer.assignment().isEmpty();
        if (standsBy && !standingBy) {
            LOG.info("No models are given to this trainer; it stands by");
        }
        standingBy = standsBy;
    }

    private void leaveGroup() {
        // An interrupt has done its work by now, and would keep the group from being told.
        boolean interrupted = Thread.interrupted();
        try {
            consumer.close(CloseOptions.timeout(LEAVING_GROUP));
        } catch (KafkaException e) {
            LOG.warn("The trainer has left without a word to its group, which notices after the session time-out", e);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(Throwable thrown) {
        Throwable cause = StepMemory.explained(TakenOver.explained(thrown, instanceId), largest);
        failure = cause;
        LOG.error("The trainer has stopped: {}", cause.getMessage(), cause);
    }

    /** {@return the Kafka consumer, for those who count what it does} */
    public Consumer<byte[], byte[]> consumer() {
        return consumer;
    }

    /** {@return why the trainer stopped by itself, or empty while it runs or when it was closed} */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** {@return engine, device, precision and threads} */
    public Map<String, String> runtime() {
        return runtime;
    }

    /**
     * Ends the step in progress, publishes a version of all that is learned, and leaves, in less than ten seconds. What
     * waits for a full mini-batch stays in the ledger. When Kafka or the store does not answer in time, that version is
     * not made, which the log tells, and what is in none is learned again by whoever goes on. A second call does nothing.
     */
    @Override
    public void close() {
        if (closing.getAndSet(true)) {
            return;
        }
        stopping = true;
        consumer.wakeup();
        boolean interrupted = awaitTrainer(FINISHING_PATIENCE);
        if (thread.isAlive()) {
            thread.interrupt();
            interrupted |= awaitTrainer(LEAVING_PATIENCE);
        }
        standbyFiles.ifPresent(StandbyFiles::close);
        writerThread.shutdown();
        readerThread.shutdownNow();
        interrupted |= awaitWriter();
        interrupted |= awaitReader();
        // Networks and tokenizers must outlive the threads that compute with them.
        if (thread.isAlive() || !readerThread.isTerminated()) {
            LOG.warn("The trainer is still busy with a step; its memory is left to the end of the process");
        } else {
            benches.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean awaitTrainer(Duration patience) {
        boolean interrupted = false;
        long end = System.nanoTime() + patience.toNanos();
        for (long left = patience.toNanos(); left > 0 && thread.isAlive(); left = end - System.nanoTime()) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    /** A record is read in a moment, and what is behind it is read by nobody now. */
    private boolean awaitReader() {
        try {
            if (!readerThread.awaitTermination(WRITER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A record of the ledger is still being read");
            }
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Lets files that are being written be finished; those that take too long are left for a sweep of the store. */
    private boolean awaitWriter() {
        try {
            if (!writerThread.awaitTermination(WRITER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("The store does not answer in time; what is being written there is given up");
                writerThread.shutdownNow();
            }
            return false;
        } catch (InterruptedException e) {
            writerThread.shutdownNow();
            return true;
        }
    }
}
