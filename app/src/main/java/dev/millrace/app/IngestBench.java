package dev.millrace.app;

import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.IngestService;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.IngestTopics;
import dev.millrace.ingest.Pace;
import dev.millrace.ingest.TextProbe;
import dev.millrace.ingest.TopicCreation;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;

/**
 * Records in {@code examples}, and how long ingest and a bare copy take with them. Each turn reads them from the
 * beginning, in a group and into topics of its own. For one thread.
 */
final class IngestBench {

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final long LOOK_NANOS = 2_000_000;
    private static final Duration STILL = Duration.ofMillis(500);

    private final Surroundings around;
    private final IngestSettings settings;
    private final int partitions;
    private final TextProbe probe;
    private final long records;
    private final RecordMix mix;
    private final String name;

    /**
     * Over a cluster.
     *
     * @param settings of ingest; each turn alters the names
     * @param partitions of the ledger
     * @param probe knows the tokenizer
     * @param records in all, at least 1
     * @param mix of what they are
     * @param name that its topics begin with
     */
    IngestBench(
            Surroundings around,
            IngestSettings settings,
            int partitions,
            TextProbe probe,
            long records,
            RecordMix mix,
            String name) {
        this.around = around;
        this.settings = settings;
        this.partitions = partitions;
        this.probe = probe;
        this.records = records;
        this.mix = mix;
        this.name = name;
    }

    /** Sends the records. */
    void fill(LongConsumer progress) {
        create(List.of(new NewTopic(examples(), partitions, (short) 1)));
        EndlessSample sample = new EndlessSample(
                settings.models().iterator().next(), around.clock().instant());
        Iterator<byte[]> values = LongStream.range(0, records)
                .mapToObj(index -> mix.value(index, sample))
                .iterator();
        try (ExampleProducer producer =
                new ExampleProducer(settings.bootstrapServers(), examples(), Map.of(), Pace.unlimited())) {
            producer.sendAll(values, progress);
        }
    }

    /**
     * Copies all records.
     *
     * @param turn a number of its own
     * @return from the first record read to the last commit
     */
    ProcessorMoment.Span copy(int turn) {
        IngestSettings own = named("copy-" + turn);
        String to = own.topics().trainingExamples();
        create(List.of(new NewTopic(to, partitions, (short) 1)));
        ProcessorMoment.Span span = new BareCopy(own, around.nanoTicker()).copy(to, records);
        try (CommittedTopic copied = new CommittedTopic(settings.bootstrapServers(), to, partitions)) {
            if (copied.count() != records) {
                throw new IllegalStateException(copied.count() + " records of " + records + " were copied");
            }
        }
        return span;
    }

    /**
     * Takes all records in.
     *
     * @param turn a number of its own
     * @return from the first record judged until the ledger is whole
     */
    ProcessorMoment.Span ingest(int turn) throws InterruptedException {
        IngestSettings own = turn(turn);
        create(IngestTopics.of(own, partitions, (short) 1));
        AtomicReference<@Nullable ProcessorMoment> begun = new AtomicReference<>();
        CountDownLatch undecided = new CountDownLatch(Math.toIntExact(records));
        TextProbe timed = (model, text) -> {
            if (begun.get() == null) {
                begun.compareAndSet(null, moment());
            }
            return probe.hasTokens(model, text);
        };
        try (CommittedTopic ledger = new CommittedTopic(
                        settings.bootstrapServers(), own.topics().trainingExamples(), partitions);
                IngestService service = new IngestService(own, timed, new Counting(undecided))) {
            service.start();
            long deadline = now() + PATIENCE.toNanos();
            while (!undecided.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                requireWorking(service, deadline);
            }
            return whole(ledger, service, deadline).since(Objects.requireNonNull(begun.get()));
        }
    }

    /** When the last of its transactions ended: the end of the ledger has stood still since, and all that belongs there is there. */
    private ProcessorMoment whole(CommittedTopic ledger, IngestService service, long deadline) {
        long expected = mix.examples(records);
        long end = -1;
        ProcessorMoment reached = moment();
        while (true) {
            requireWorking(service, deadline);
            LockSupport.parkNanos(LOOK_NANOS);
            long seen = ledger.end();
            if (seen != end) {
                end = seen;
                reached = moment();
            } else if (now() - reached.nanos() > STILL.toNanos()) {
                long count = ledger.count();
                if (count == expected) {
                    return reached;
                }
                if (count > expected) {
                    throw new IllegalStateException(
                            "the ledger has " + count + " examples where " + expected + " belong");
                }
                reached = moment();
            }
        }
    }

    private void requireWorking(IngestService service, long deadline) {
        service.failure().ifPresent(failure -> {
            throw new IllegalStateException("ingest has stopped: " + failure.getMessage(), failure);
        });
        if (now() > deadline) {
            throw new IllegalStateException(
                    "ingest has not come to its end within " + PATIENCE.toMinutes() + " minutes");
        }
    }

    /**
     * What a turn of ingest works with.
     *
     * @param turn its number
     */
    IngestSettings turn(int turn) {
        return named("ingest-" + turn);
    }

    private String examples() {
        return name + "-examples";
    }

    private IngestSettings named(String turn) {
        String own = name + "-" + turn;
        return new IngestSettings(
                settings.bootstrapServers(),
                own,
                null,
                settings.stateDirectory().resolve(own),
                new IngestSettings.Topics(examples(), own, own + "-rejected"),
                settings.models(),
                settings.maxTextCharacters(),
                settings.maxRecordBytes(),
                settings.deduplicationWindow(),
                settings.processingThreads(),
                settings.standbyReplicas(),
                null,
                settings.clientProperties(),
                settings.format(),
                null,
                Map.of());
    }

    private void create(List<NewTopic> topics) {
        try (Admin admin = Admin.create(
                Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, (Object) settings.bootstrapServers()))) {
            TopicCreation.createMissing(admin, topics);
        }
    }

    private ProcessorMoment moment() {
        return ProcessorMoment.now(around.nanoTicker());
    }

    private long now() {
        return around.nanoTicker().getAsLong();
    }

    /** Counts what is decided, of whatever kind. */
    private record Counting(CountDownLatch undecided) implements IngestObserver {

        @Override
        public void accepted(String model) {
            undecided.countDown();
        }

        @Override
        public void duplicate(String model) {
            undecided.countDown();
        }

        @Override
        public void rejected(String reason) {
            undecided.countDown();
        }
    }
}
