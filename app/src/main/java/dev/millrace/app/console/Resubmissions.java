package dev.millrace.app.console;

import dev.millrace.ingest.ExampleProducer.Place;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What this process has sent again instead of dead letters, the last {@value #MOST} of it. Another process, and this one
 * after a restart, do not know: the mark that lasts is the header of what was sent. Thread-safe.
 */
final class Resubmissions {

    private static final int MOST = 10_000;

    /**
     * What was sent again.
     *
     * @param place where it lies
     * @param time when it was sent
     */
    record Resubmission(Place place, Instant time) {}

    private final Map<String, Resubmission> byLetter = new LinkedHashMap<>();
    private final Instant since;

    Resubmissions(Instant since) {
        this.since = since;
    }

    /** {@return since when it is known} */
    Instant since() {
        return since;
    }

    synchronized void add(int partition, long offset, Resubmission resubmission) {
        byLetter.put(partition + "-" + offset, resubmission);
        if (byLetter.size() > MOST) {
            byLetter.remove(byLetter.keySet().iterator().next());
        }
    }

    synchronized Optional<Resubmission> of(int partition, long offset) {
        return Optional.ofNullable(byLetter.get(partition + "-" + offset));
    }
}
