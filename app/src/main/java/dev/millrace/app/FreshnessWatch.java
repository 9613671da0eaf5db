package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.AnsweredExample;
import dev.millrace.trainer.Standing;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;

/** Notes when examples are learned and when versions come, by one ticker. Thread-safe. */
final class FreshnessWatch implements TrainingObserver, RegistryObserver {

    /**
     * An example as a mini-batch.
     *
     * @param nanos when it was learned
     * @param step how long the step took in which it was
     */
    record Learned(long nanos, Duration step) {}

    /**
     * A version's moments, in nanoseconds of the ticker, and how long two of its stages took by themselves.
     *
     * @param taken the copy of the model was taken
     * @param durable its files were durable and it was judged
     * @param published its record was committed
     * @param writing how long its files took
     * @param served it answers
     * @param loading from seeing the record to serving it
     */
    record Version(long taken, long durable, long published, Duration writing, long served, Duration loading) {}

    private final LongSupplier nanoTicker;
    private final Map<Long, Learned> learned = new ConcurrentHashMap<>();
    private final NavigableMap<Long, Version> servedByNextOffset = new ConcurrentSkipListMap<>();
    private final Map<Long, Long> durable = new ConcurrentHashMap<>();
    private final Map<Long, Long> takenOf = new ConcurrentHashMap<>();
    private final Map<Long, Published> published = new ConcurrentHashMap<>();
    private final Map<Long, Swapped> swapped = new ConcurrentHashMap<>();
    private volatile Duration lastStep = Duration.ZERO;
    private volatile long lastTaken;

    private record Published(long nanos, Duration writing) {}

    private record Swapped(long nanos, Duration loading) {}

    FreshnessWatch(LongSupplier nanoTicker) {
        this.nanoTicker = nanoTicker;
    }

    Observers observers() {
        return new Observers(IngestObserver.NONE, this, this);
    }

    @Override
    public void stepped(String model, StepReport report) {
        lastStep = report.elapsed();
    }

    @Override
    public void answeredEach(String model, Standing standing, List<AnsweredExample> examples) {
        Learned now = new Learned(nanoTicker.getAsLong(), lastStep);
        examples.forEach(example -> learned.put(example.offset(), now));
    }

    @Override
    public void snapshot(String model, Duration stall) {
        lastTaken = nanoTicker.getAsLong();
    }

    /** One version of a model is under way at a time, so the last copy that was taken is the one that this came of. */
    @Override
    public void publishing(VersionRecord version) {
        durable.put(version.version(), nanoTicker.getAsLong());
        takenOf.put(version.version(), lastTaken);
    }

    @Override
    public void published(VersionRecord version, Duration writing) {
        published.put(version.version(), new Published(nanoTicker.getAsLong(), writing));
        note(version);
    }

    @Override
    public void swapped(VersionRecord version, Duration loading, Duration freshness) {
        swapped.put(version.version(), new Swapped(nanoTicker.getAsLong(), loading));
        note(version);
    }

    /** A subscriber may be faster than the answer to whoever published. */
    private void note(VersionRecord version) {
        Published out = published.get(version.version());
        Swapped in = swapped.get(version.version());
        Long whole = durable.get(version.version());
        Long taken = takenOf.get(version.version());
        if (out != null && in != null && whole != null && taken != null) {
            servedByNextOffset.put(
                    version.position().nextOffset(),
                    new Version(taken, whole, out.nanos(), out.writing(), in.nanos(), in.loading()));
        }
    }

    /** When the example at an offset of the ledger was learned, if it was. */
    Optional<Learned> learned(long offset) {
        return Optional.ofNullable(learned.get(offset));
    }

    /** The first version with an example that was served, if one was; of two that are taken at once it is the later. */
    Optional<Version> served(long offset) {
        Map.Entry<Long, Version> first = servedByNextOffset.higherEntry(offset);
        return first == null ? Optional.empty() : Optional.of(first.getValue());
    }

    /** How many versions were served so far. */
    int versions() {
        return servedByNextOffset.size();
    }
}
