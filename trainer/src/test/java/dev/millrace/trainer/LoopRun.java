package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A training loop that a test steps turn by turn, on a clock that stands still until the test moves it. */
final class LoopRun implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final TrainingLoop loop;
    final KafkaConsumer<byte[], byte[]> consumer;
    final AtomicLong nanos = new AtomicLong();
    final List<VersionRecord> published = new ArrayList<>();
    final List<Pin> rolledBack = new ArrayList<>();
    final Map<String, List<StepReport>> steps = new HashMap<>();
    final Map<String, Long> lag = new HashMap<>();
    final Map<String, List<AnsweredExample>> answered = new HashMap<>();
    final List<String> held = new ArrayList<>();
    final List<Exception> waits = new ArrayList<>();
    /** Jobs that are created while it runs. */
    final Map<String, Job> created = new HashMap<>();

    final String transactionalId;

    /** What happens, once, in the midst of a transaction: when its first record lies in Kafka and its second does not. */
    final AtomicReference<Runnable> betweenTwoRecords = new AtomicReference<>(() -> {});

    /** How often Kafka does not answer when a publisher is opened. */
    int unanswered;

    /** What the clock of the version records shows. */
    Instant wall = HelpDesk.START;

    private final List<VersionPublisher> publishers = new ArrayList<>();
    private int snapshots;

    private LoopRun(
            TrainerBench bench,
            PretrainedModel base,
            Site site,
            ArtifactStore store,
            TrainerSettings settings,
            String name,
            ExecutorService writerThread) {
        Map<String, Object> client = bench.client();
        client.putAll(settings.clientProperties());
        Map<String, Object> producer = new HashMap<>(client);
        producer.put("interceptor.classes", List.of(TransactionProbe.class));
        producer.put(TransactionProbe.HOOK, (Runnable)
                () -> betweenTwoRecords.getAndSet(() -> {}).run());
        transactionalId = site.name() + "-" + name;
        Map<String, Object> properties = new HashMap<>(client);
        properties.put("group.id", settings.groupId());
        properties.put("isolation.level", "read_committed");
        properties.put("enable.auto.commit", false);
        properties.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        properties.put("auto.offset.reset", "none");
        properties.put("session.timeout.ms", (int) settings.sessionTimeout().toMillis());
        properties.put("heartbeat.interval.ms", (int) settings.sessionTimeout().toMillis() / 4);
        properties.put("max.poll.records", 20);
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Supplier<ModelRegistry> registry =
                () -> RegistryReader.readAll(client, site.registry(), Duration.ofSeconds(30));
        LongSupplier clock = nanos::get;
        Function<String, Workbench> benches = model -> new Workbench(
                base,
                bench.network,
                bench.tokenizer,
                created.containsKey(model)
                        ? created.get(model).recipe()
                        : settings.job(model).recipe());
        Examiner examiner = new Examiner(store, bench.network.compute(), clock);
        loop = new TrainingLoop(
                settings,
                consumer,
                new Arrivals(Runnable::run),
                new PartitionOpener(
                        settings,
                        new CreatedJobs() {
                            @Override
                            public Set<String> models() {
                                return created.keySet();
                            }

                            @Override
                            public Optional<Job> find(String model) {
                                return Optional.ofNullable(created.get(model));
                            }
                        },
                        consumer,
                        new SettledRegistry(consumer, registry),
                        new EarlierPartitions(() ->
                                new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())),
                        new ModelOpener(benches, settings.policy(), store, observer(), clock)),
                new VersionPipeline(
                        settings,
                        () -> publisher(producer, site),
                        new VersionWriter(
                                benches,
                                store,
                                new WallClock(),
                                clock,
                                new Gate(settings.policy().gate(), store, examiner, registry, new WallClock()),
                                UnaryOperator.identity()),
                        writerThread,
                        new SupersededStates(store, registry, settings.policy().trainingStates()),
                        observer(),
                        new RegistryObserver() {
                            @Override
                            public void published(VersionRecord version, Duration writing) {
                                published.add(version);
                            }

                            @Override
                            public void rolledBack(Pin pin) {
                                rolledBack.add(pin);
                            }
                        },
                        clock),
                new AutomaticRollback(settings.policy(), examiner, registry, new WallClock(), writerThread),
                observer(),
                clock);
    }

    static LoopRun start(TrainerBench bench, Site site, String... models) {
        return start(bench, site, bench.settings(site, models));
    }

    static LoopRun start(TrainerBench bench, Site site, TrainerSettings settings) {
        return start(bench, bench.base, site, settings, "trainer");
    }

    static LoopRun start(TrainerBench bench, PretrainedModel base, Site site, TrainerSettings settings, String name) {
        return new LoopRun(bench, base, site, site.store(), settings, name, new DirectExecutor());
    }

    static LoopRun start(TrainerBench bench, Site site, TrainerSettings settings, ExecutorService writerThread) {
        return new LoopRun(bench, bench.base, site, site.store(), settings, "trainer", writerThread);
    }

    static LoopRun start(
            TrainerBench bench,
            Site site,
            ArtifactStore store,
            TrainerSettings settings,
            ExecutorService writerThread) {
        return new LoopRun(bench, bench.base, site, store, settings, "trainer", writerThread);
    }

    private VersionPublisher publisher(Map<String, Object> client, Site site) {
        if (unanswered > 0) {
            unanswered--;
            throw new TimeoutException("nobody answers");
        }
        VersionPublisher opened = VersionPublisher.open(client, site.registry(), transactionalId);
        publishers.add(opened);
        return opened;
    }

    private final class WallClock extends Clock {

        @Override
        public Instant instant() {
            return wall;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private TrainingObserver observer() {
        return new TrainingObserver() {
            @Override
            public void opened(String model, int partition, Standing standing) {
                held.add("+" + model + " in " + partition + " at " + standing.nextOffset());
            }

            @Override
            public void closed(String model) {
                held.add("-" + model);
            }

            @Override
            public void answeredEach(String model, Standing standing, List<AnsweredExample> examples) {
                answered.computeIfAbsent(model, first -> new ArrayList<>()).addAll(examples);
            }

            @Override
            public void stepped(String model, StepReport report) {
                steps.computeIfAbsent(model, first -> new ArrayList<>()).add(report);
            }

            @Override
            public void lag(String model, long records) {
                lag.put(model, records);
            }

            @Override
            public void snapshot(String model, Duration stall) {
                snapshots++;
            }

            @Override
            public void writeFailed(String model, long version, IOException cause) {
                waits.add(cause);
            }

            @Override
            public void publishFailed(String model, long version, RuntimeException cause) {
                waits.add(cause);
            }
        };
    }

    /** Turns until something is so, or the patience of a test is over. */
    LoopRun until(BooleanSupplier condition) {
        return until(condition, loop::runOnce);
    }

    LoopRun until(BooleanSupplier condition, Runnable turn) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("time is up: steps %s, published %s", stepCounts(), published)
                    .isLessThan(deadline);
            turn.run();
        }
        return this;
    }

    /** Turns until everything that lies in the ledger is learned and published. */
    LoopRun untilAllIsPublished(String model, long examples) {
        until(() -> trained(model) >= examples - examples % TinyRecipe.BATCH);
        return untilFlushed(model, examples);
    }

    /** Lets so much time pass that what waits is flushed, again and again until a version holds all examples. */
    LoopRun untilFlushed(String model, long examples) {
        return until(
                () -> published.stream()
                        .anyMatch(version -> version.model().equals(model) && version.examples() == examples),
                () -> {
                    nanos.addAndGet(TrainerBench.POLICY.idleFlush().toNanos());
                    loop.runOnce();
                });
    }

    /** Examples of a model that this loop has learned or found learned. */
    long trained(String model) {
        List<StepReport> own = reports(model);
        return own.isEmpty() ? 0 : own.get(own.size() - 1).totalExamples();
    }

    /** Examples of a model that this loop itself has learned, in all its lives. */
    long learned(String model) {
        return reports(model).stream().mapToLong(StepReport::fresh).sum();
    }

    List<StepReport> reports(String model) {
        return steps.getOrDefault(model, List.of());
    }

    int snapshots() {
        return snapshots;
    }

    private Map<String, Integer> stepCounts() {
        Map<String, Integer> counts = new HashMap<>();
        steps.forEach((model, reports) -> counts.put(model, reports.size()));
        return counts;
    }

    /** Ends as a killed process does: nothing is published or said any more, and the group has to find out. */
    void crash() {
        // Whoever dies hands nothing over.
        consumer.subscribe(consumer.subscription());
        consumer.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP));
        publishers.forEach(VersionPublisher::close);
    }

    /** The same, but the group hears of it at once, so that the next need not wait. */
    void crashHeard() {
        consumer.subscribe(consumer.subscription());
        consumer.close();
    }

    @Override
    public void close() {
        loop.close();
        consumer.close();
        publishers.forEach(VersionPublisher::close);
    }
}
