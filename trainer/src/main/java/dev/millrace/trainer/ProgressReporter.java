package dev.millrace.trainer;

import dev.millrace.registry.ReportSink;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the {@code training-progress} topic how training goes, so that others can watch from other processes: of each
 * model what is new, once a second, and that it is trained at all, every ten. It listens on the training thread, where it
 * only counts, and sends on a daemon thread of its own, so that nothing waits for it. What Kafka does not take is dropped
 * and counted; the next report tells how things are then.
 *
 * <p>Safe for use by several threads.
 */
public final class ProgressReporter implements TrainingObserver, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProgressReporter.class);

    private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(1);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);
    private static final long CLOSING_MS = 3_000;

    private final String instance;
    private final ReportSink<ProgressReport> sink;
    private final Clock clock;
    private final LongSupplier nanoTicker;
    private final Map<String, ProgressNews> models = new TreeMap<>();
    private final List<ProgressReport> lastWords = new ArrayList<>();
    private final AtomicLong dropped = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    ProgressReporter(
            @Nullable String instanceId, ReportSink<ProgressReport> sink, Clock clock, LongSupplier nanoTicker) {
        this.instance = instanceId == null ? UUID.randomUUID().toString() : instanceId;
        this.sink = sink;
        this.clock = clock;
        this.nanoTicker = nanoTicker;
        this.thread = new Thread(this::run, "millrace-progress");
        this.thread.setDaemon(true);
    }

    /**
     * Begins to report. Kafka is first spoken to on the reporter's own thread.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic to report to, see {@link ProgressTopic}; it is never created here
     * @param instanceId the name of the process, or null for an invented one
     * @param clock of the times in reports
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return it, running; the caller closes it after the trainer, so that the last news is told too
     */
    public static ProgressReporter start(
            Map<String, Object> clientProperties,
            String topic,
            @Nullable String instanceId,
            Clock clock,
            LongSupplier nanoTicker) {
        ProgressReporter reporter = new ProgressReporter(
                instanceId,
                ReportSink.into(clientProperties, topic, ProgressReport::model, ProgressJson::write, nanoTicker),
                clock,
                nanoTicker);
        reporter.thread.start();
        return reporter;
    }

    @Override
    public synchronized void opened(String model, int partition, Standing standing) {
        closed(model);
        models.put(model, new ProgressNews(model, partition, standing, nanoTicker.getAsLong()));
    }

    @Override
    public synchronized void closed(String model) {
        ProgressNews news = models.remove(model);
        long nanos = nanoTicker.getAsLong();
        if (news != null && news.isDue(nanos, LONGEST_SILENCE)) {
            lastWords.add(news.take(instance, clock.instant(), nanos));
        }
    }

    @Override
    public synchronized void answeredEach(String model, Standing standing, List<AnsweredExample> examples) {
        ProgressNews news = models.get(model);
        if (news != null) {
            news.add(standing, examples);
        }
    }

    @Override
    public synchronized void drifted(String model, Drift drift) {
        ProgressNews news = models.get(model);
        if (news != null) {
            news.add(drift);
        }
    }

    @Override
    public synchronized void lag(String model, long records) {
        ProgressNews news = models.get(model);
        if (news != null) {
            news.lag(records);
        }
    }

    /** {@return how many reports were lost so far} */
    public long dropped() {
        return dropped.get();
    }

    private synchronized List<ProgressReport> takeDue() {
        long nanos = nanoTicker.getAsLong();
        Instant now = clock.instant();
        List<ProgressReport> due = new ArrayList<>(lastWords);
        lastWords.clear();
        for (ProgressNews news : models.values()) {
            if (news.isDue(nanos, LONGEST_SILENCE)) {
                due.add(news.take(instance, now, nanos));
            }
        }
        return due;
    }

    /** One step: sends what is due. */
    void sendDue() {
        for (ProgressReport report : takeDue()) {
            try {
                sink.send(report, this::drop);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                drop();
            } catch (Exception e) {
                LOG.debug("A report about {} is dropped: {}", report.model(), e.toString());
                drop();
            }
        }
    }

    private void drop() {
        if (dropped.getAndIncrement() == 0) {
            LOG.warn("Not all of the progress of training can be reported; training goes on, and so do the reports");
        }
    }

    private void run() {
        try (sink) {
            while (!stop.await(BETWEEN_REPORTS.toNanos(), TimeUnit.NANOSECONDS)) {
                sendDue();
            }
            sendDue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("The progress of training is no longer reported; training goes on", e);
        }
    }

    /** Sends what is left. Waits for that, up to 3 s. */
    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(CLOSING_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
