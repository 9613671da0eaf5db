package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.model.ScoringObserver;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the inputs of a topic on a thread of its own, exactly once: a reader with {@code read_committed} finds one
 * prediction or one dead letter for each.
 *
 * <p>The first failure that trying again does not mend stops the thread; {@link #failure} then tells it, and what was not
 * answered waits for the next process. Thread-safe.
 */
final class PredictionService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PredictionService.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration FINISHING = Duration.ofSeconds(5);
    private static final Duration LEAVING = Duration.ofSeconds(3);
    private static final Duration LEAVING_GROUP = Duration.ofSeconds(1);

    private final PredictionSettings settings;
    private final Consumer<byte[], byte[]> consumer;
    private final PredictionLoop loop;
    private final Thread thread;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile @Nullable Throwable failure;

    private PredictionService(
            PredictionSettings settings,
            InputAnswering answering,
            ScoringObserver scoringObserver,
            IngestObserver ingestObserver) {
        this.settings = settings;
        this.consumer = PredictionClients.consumer(settings);
        Map<String, Object> producer = PredictionClients.producer(settings, settings.transactionalId());
        this.loop = new PredictionLoop(
                settings,
                consumer,
                () -> new KafkaProducer<>(producer, new ByteArraySerializer(), new ByteArraySerializer()),
                answering,
                scoringObserver,
                ingestObserver);
        this.thread = new Thread(this::run, "millrace-predictions");
        this.thread.setDaemon(true);
    }

    /**
     * Starts it. Kafka is first spoken to on its own thread.
     *
     * @param settings what is read and written
     * @param answering makes the answers
     * @param scoringObserver told of predictions that were committed
     * @param ingestObserver told of dead letters that were committed
     * @return it, running; the caller closes it
     * @throws KafkaException when a client property is not one of Kafka's
     */
    static PredictionService start(
            PredictionSettings settings,
            InputAnswering answering,
            ScoringObserver scoringObserver,
            IngestObserver ingestObserver) {
        PredictionService service = new PredictionService(settings, answering, scoringObserver, ingestObserver);
        service.thread.start();
        return service;
    }

    /** {@return the consumer, for those who count what it does} */
    Consumer<byte[], byte[]> consumer() {
        return consumer;
    }

    /** {@return why it stopped by itself, or empty while it runs or when it was closed} */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** {@return what keeps inputs waiting now, or empty when nothing does} */
    Optional<String> problem() {
        return loop.problem();
    }

    private void run() {
        try (loop) {
            while (!isStopping()) {
                if (loop.runOnce() == PredictionLoop.Turn.TRY_LATER
                        && stopping.await(PAUSE.toNanos(), TimeUnit.NANOSECONDS)) {
                    LOG.debug("Closing while waiting to try again");
                }
            }
        } catch (WakeupException | InterruptException | InterruptedException e) {
            if (!isStopping()) {
                failed(e);
            }
        } catch (RuntimeException | Error e) {
            failed(e);
        } finally {
            leaveGroup();
        }
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    private void failed(Throwable thrown) {
        Throwable cause = LastingFailure.explained(thrown, settings.instanceId());
        failure = cause;
        LOG.error("Answering inputs has stopped: {}", cause.getMessage(), cause);
    }

    private void leaveGroup() {
        // An interrupt has done its work by now, and would keep the group from being told.
        boolean interrupted = Thread.interrupted();
        try {
            consumer.close(CloseOptions.timeout(LEAVING_GROUP));
        } catch (KafkaException e) {
            LOG.warn("Left without a word to the group, which notices after the session time-out", e);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the turn in progress and leaves, in less than ten seconds. A second call does nothing. */
    @Override
    public void close() {
        if (isStopping()) {
            return;
        }
        stopping.countDown();
        consumer.wakeup();
        boolean interrupted = await(FINISHING);
        if (thread.isAlive()) {
            thread.interrupt();
            interrupted |= await(LEAVING);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean await(Duration patience) {
        try {
            TimeUnit.NANOSECONDS.timedJoin(thread, patience.toNanos());
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }
}
