package dev.millrace.ingest;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ingest at work: the topology on Kafka Streams, exactly once.
 *
 * <p>The topics of {@link IngestTopics} must exist before it starts. A thread that fails for a reason that may pass, such
 * as a broker that is away, is replaced; any other failure stops the service and is kept in {@link #failure()}.
 *
 * <p>Safe for use by several threads. It starts once.
 */
public final class IngestService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(IngestService.class);
    private static final Duration CLOSING = Duration.ofSeconds(30);
    private static final Duration ASKING = Duration.ofSeconds(5);

    private final @Nullable LedgerBacklog backlog;
    private final KafkaStreams streams;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * A service that is not started yet.
     *
     * @param settings topics, models, limits and the cluster
     * @param probe knows the tokenizers
     * @param observer is told what became of each record
     * @throws IllegalStateException if the state directory cannot be used, as when another instance uses it
     */
    public IngestService(IngestSettings settings, TextProbe probe, IngestObserver observer) {
        this(settings, probe, observer, IngestClients.ofKafka());
    }

    IngestService(IngestSettings settings, TextProbe probe, IngestObserver observer, KafkaClientSupplier clients) {
        IngestSettings.Shedding shedding = settings.shedding();
        this.backlog = shedding == null ? null : backlog(settings, shedding, clients);
        Admission admission = shedding == null || backlog == null ? Admission.ALL : new Shedding(shedding, backlog);
        this.streams = streams(
                settings, ExampleTopology.build(settings, probe, observer, admission, Clock.systemUTC()), clients);
        streams.setUncaughtExceptionHandler(this::answer);
    }

    private static LedgerBacklog backlog(
            IngestSettings settings, IngestSettings.Shedding shedding, KafkaClientSupplier clients) {
        Map<String, Object> properties = new StreamsConfig(StreamsProperties.of(settings))
                .getAdminConfigs(settings.applicationId() + "-backlog");
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ASKING.toMillis());
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ASKING.toMillis());
        return new LedgerBacklog(
                () -> clients.getAdmin(properties), settings.topics().trainingExamples(), shedding.trainerGroup());
    }

    private static KafkaStreams streams(IngestSettings settings, Topology topology, KafkaClientSupplier clients) {
        try {
            return new KafkaStreams(topology, StreamsProperties.of(settings), clients);
        } catch (StreamsException e) {
            throw new IllegalStateException(
                    "the state directory " + settings.stateDirectory()
                            + " cannot be used; another instance may be running on it: " + e.getMessage(),
                    e);
        }
    }

    /**
     * Begins to work, on threads of its own. Where examples may be shed, Kafka is asked first, for 5 seconds at most.
     *
     * @throws IllegalStateException if it was started or closed before
     */
    public void start() {
        if (backlog != null) {
            backlog.start();
        }
        streams.start();
    }

    /** {@return the topology at work, for those who count what its clients do} */
    public KafkaStreams streams() {
        return streams;
    }

    /**
     * What Kafka Streams is doing.
     *
     * @return its state
     */
    public KafkaStreams.State state() {
        return streams.state();
    }

    /**
     * Whether records are being taken, or will be as soon as partitions are assigned.
     *
     * @return false before the start, after the end and after a failure
     */
    public boolean isHealthy() {
        return failure.get() == null && streams.state().isRunningOrRebalancing();
    }

    /**
     * Whether records are being taken at this moment: its partitions are assigned, and their state is restored.
     *
     * @return false also while partitions are given out anew
     */
    public boolean isRunning() {
        return failure.get() == null && streams.state() == KafkaStreams.State.RUNNING;
    }

    /**
     * What stopped the service.
     *
     * @return the failure, or nothing while all is well
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure.get());
    }

    /**
     * Stops, leaving the group at once so that others or a successor go on without delay.
     *
     * @param timeout how long to wait for the threads to end
     * @return whether they have ended
     */
    public boolean close(Duration timeout) {
        if (backlog != null) {
            backlog.close();
        }
        return streams.close(CloseOptions.timeout(timeout)
                .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    }

    /** Stops and waits for 30 seconds at most. */
    @Override
    public void close() {
        if (!close(CLOSING)) {
            LOG.warn("Ingest has not stopped within {} s; its transaction will be aborted", CLOSING.toSeconds());
        }
    }

    private StreamThreadExceptionResponse answer(Throwable thrown) {
        if (mayPass(thrown)) {
            LOG.warn("Ingest lost a thread and starts another: {}", thrown.toString(), thrown);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        failure.compareAndSet(null, explained(thrown));
        LOG.error("Ingest stops: {}", thrown.toString(), thrown);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    /** Of two processes with one instance id the older ends here. */
    private static Throwable explained(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof FencedInstanceIdException) {
                return new IllegalStateException(
                        "another process has taken over the instance id of this one (setting instance-id), so ingest has"
                                + " stopped here; give each process that lives at the same time an id of its own",
                        thrown);
            }
        }
        return thrown;
    }

    private static boolean mayPass(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof RetriableException) {
                return true;
            }
        }
        return false;
    }
}
