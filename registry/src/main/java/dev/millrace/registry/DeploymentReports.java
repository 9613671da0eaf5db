package dev.millrace.registry;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription has to report: each change once, and everything again when it has not been said for a while. It
 * holds the last word for each alias and no more, however long nobody takes it away. Thread-safe.
 */
final class DeploymentReports {

    private final Duration every;
    private final Clock clock;
    private final LongSupplier nanoTicker;
    private final Map<String, Deployment> last = new LinkedHashMap<>();
    private final Set<String> changed = new LinkedHashSet<>();
    private @Nullable Long saidAllNanos;
    private boolean stopped;

    DeploymentReports(Duration every, Clock clock, LongSupplier nanoTicker) {
        this.every = every;
        this.clock = clock;
        this.nanoTicker = nanoTicker;
    }

    /** Notes a report, unless it tells nothing new. It takes the place of one that nobody has taken yet. */
    synchronized void put(Deployment report) {
        if (!stopped && !report.tellsTheSame(last.get(report.key()))) {
            last.put(report.key(), report);
            changed.add(report.key());
            notifyAll();
        }
    }

    /** Notes that all have stopped, and accepts nothing more. */
    synchronized void stop() {
        stopped = true;
        last.replaceAll((key, report) -> report.at(Deployment.State.STOPPED, report.time()));
        changed.addAll(last.keySet());
        notifyAll();
    }

    /** What is to be said now: stamped with the time, and taken away. Empty when there is nothing. */
    synchronized List<Deployment> take() {
        long nanos = nanoTicker.getAsLong();
        Long saidAll = saidAllNanos;
        if (saidAll == null || (nanos - saidAll >= every.toNanos() && !stopped)) {
            changed.addAll(last.keySet());
            saidAllNanos = nanos;
        }
        Instant now = clock.instant();
        List<Deployment> taken = new ArrayList<>();
        for (String key : changed) {
            Deployment report = last.get(key);
            if (report != null) {
                taken.add(report.at(report.state(), now));
            }
        }
        changed.clear();
        return taken;
    }

    /** Waits until there may be something to say. */
    synchronized void await() throws InterruptedException {
        for (long millis = untilAll(); changed.isEmpty() && !stopped && millis > 0; millis = untilAll()) {
            wait(millis);
        }
    }

    private long untilAll() {
        Long saidAll = saidAllNanos;
        Duration waited = saidAll == null ? Duration.ZERO : Duration.ofNanos(nanoTicker.getAsLong() - saidAll);
        // A millisecond is rounded up to, so as not to wake a little early and find nothing.
        return every.minus(waited).plusNanos(999_999).toMillis();
    }
}
