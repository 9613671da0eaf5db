package dev.millrace.registry;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what a subscription serves, on a daemon thread of its own, so that nothing waits for it. What cannot be said is
 * dropped and counted; the next report tells how things are then.
 */
final class DeploymentReporter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeploymentReporter.class);

    private static final long CLOSING_MS = 3_000;

    private final ModelAlias name;
    private final DeploymentReports reports;
    private final ReportSink<Deployment> sink;
    private final RegistryObserver observer;
    private final Thread thread;
    private volatile boolean closing;

    DeploymentReporter(
            ModelAlias name, DeploymentReports reports, ReportSink<Deployment> sink, RegistryObserver observer) {
        this.name = name;
        this.reports = reports;
        this.sink = sink;
        this.observer = observer;
        this.thread = new Thread(this::run, "millrace-deployments-" + name.model());
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Notes a report; returns at once. */
    void report(Deployment report) {
        reports.put(report);
    }

    /** One step: sends what is due. */
    void sendDue() {
        List<Deployment> due = reports.take();
        for (Deployment report : due) {
            try {
                sink.send(report, this::drop);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                drop();
            } catch (Exception e) {
                LOG.debug("A report about {} is dropped: {}", name, e.toString());
                drop();
            }
        }
    }

    private void run() {
        try (sink) {
            while (!closing) {
                reports.await();
                sendDue();
            }
            sendDue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            if (closing) {
                LOG.debug("The last word on {} was not sent", name, e);
            } else {
                LOG.error("What is served of {} is no longer reported; serving goes on", name, e);
            }
        }
    }

    private void drop() {
        observer.reportDropped(name.model());
    }

    /** Reports that the subscription has stopped. Waits for that, up to 3 s. */
    @Override
    public void close() {
        closing = true;
        reports.stop();
        try {
            thread.join(CLOSING_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
