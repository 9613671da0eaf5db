package dev.millrace.app;

import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.Pace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/** Sends examples one by one and follows each to the version that is served with it. For one thread. */
final class FreshnessBench {

    private static final Duration LONGEST_LOOK = Duration.ofMillis(10);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /**
     * The stages of an example that was served, in milliseconds; together they are its whole way.
     *
     * @param ingest from being sent to being seen in the ledger
     * @param batch until its step began: until the mini-batch was full or old enough, and the steps before it done
     * @param step in which it was learned, answering included
     * @param version until the version was begun that has it
     * @param writing of its files, and its judgement
     * @param publishing of its record
     * @param loading by the subscriber, from its record being published to serving
     */
    record Way(
            double ingest,
            double batch,
            double step,
            double version,
            double writing,
            double publishing,
            double loading) {

        double whole() {
            return ingest + batch + step + version + writing + publishing + loading;
        }
    }

    private final Surroundings around;
    private final Settings settings;
    private final Rooms rooms;
    private final FreshnessWatch watch;
    private final EndlessSample sample;
    private final long everyNanos;
    private final Map<String, Long> sentNanos = new HashMap<>();
    private long sent;

    /**
     * Over rooms that ingest, train and serve one model.
     *
     * @param watch is one of their observers
     * @param every how long lies between two examples
     */
    FreshnessBench(Surroundings around, Settings settings, Rooms rooms, FreshnessWatch watch, Duration every) {
        this.around = around;
        this.settings = settings;
        this.rooms = rooms;
        this.watch = watch;
        this.everyNanos = every.toNanos();
        this.sample = new EndlessSample(settings.models().get(0), around.clock().instant());
    }

    /**
     * Sends until enough versions are served, and goes on as long as it takes for the examples in between to be served.
     *
     * @param unmeasured versions to be served first
     * @param measured examples that are followed from then on
     * @param stop ends it early
     * @param progress told how many examples were sent since
     * @return the ways of these, in the order of the ledger
     * @throws CommandException when the process was asked to stop
     */
    List<Way> ways(int unmeasured, int measured, StopSignal stop, IntConsumer progress) {
        Map<Long, String> idOfOffset = new HashMap<>();
        Map<Long, Long> seenNanos = new HashMap<>();
        long deadline = now() + PATIENCE.toNanos();
        long first = -1;
        try (ExampleProducer producer = new ExampleProducer(
                        settings.kafka().bootstrapServers(),
                        settings.topics().examples(),
                        settings.kafka().client(),
                        Pace.unlimited());
                LedgerArrivals arrivals = new LedgerArrivals(settings)) {
            long next = now();
            while (true) {
                if (stop.isAsked()) {
                    throw new CommandException("stopped before all examples were served");
                }
                if (now() - next >= 0) {
                    send(producer);
                    next += everyNanos;
                    progress.accept(first < 0 ? 0 : (int) Math.min(sent - first, measured));
                }
                arrivals.poll(
                        Duration.ofNanos(Math.max(0, Math.min(next - now(), LONGEST_LOOK.toNanos()))), (offset, id) -> {
                            idOfOffset.put(offset, id);
                            seenNanos.put(offset, now());
                        });
                rooms.failure().ifPresent(failure -> {
                    throw new IllegalStateException("a room has stopped: " + failure.getMessage(), failure);
                });
                if (first < 0 && watch.versions() >= unmeasured) {
                    first = sent;
                    deadline = now() + PATIENCE.toNanos() + measured * everyNanos;
                }
                if (now() > deadline) {
                    throw new IllegalStateException("after " + sent + " examples " + watch.versions()
                            + " versions are served; they should be more");
                }
                if (first >= 0 && sent >= first + measured) {
                    List<Way> ways = ways(idOfOffset, seenNanos, first, measured);
                    if (ways.size() == measured) {
                        return ways;
                    }
                }
            }
        }
    }

    private void send(ExampleProducer producer) {
        sentNanos.put(sample.id(sent), now());
        producer.send(sample.value(sent));
        sent++;
    }

    private List<Way> ways(Map<Long, String> idOfOffset, Map<Long, Long> seenNanos, long first, int measured) {
        List<String> wanted = new ArrayList<>();
        for (long index = first; index < first + measured; index++) {
            wanted.add(sample.id(index));
        }
        Map<String, Long> offsets = new HashMap<>();
        idOfOffset.forEach((offset, id) -> offsets.put(id, offset));
        return wanted.stream()
                .map(offsets::get)
                .filter(offset -> offset != null)
                .sorted(Comparator.naturalOrder())
                .flatMap(offset -> way(
                        offset,
                        sentNanos.getOrDefault(idOfOffset.getOrDefault(offset, ""), 0L),
                        seenNanos.getOrDefault(offset, 0L))
                        .stream())
                .toList();
    }

    private Optional<Way> way(long offset, long sentAt, long seenAt) {
        FreshnessWatch.Learned learned = watch.learned(offset).orElse(null);
        FreshnessWatch.Version version = watch.served(offset).orElse(null);
        if (learned == null || version == null) {
            return Optional.empty();
        }
        double step = learned.step().toNanos() / 1e6;
        return Optional.of(new Way(
                millis(sentAt, seenAt),
                millis(seenAt, learned.nanos()) - step,
                step,
                millis(learned.nanos(), version.taken()),
                millis(version.taken(), version.durable()),
                millis(version.durable(), version.published()),
                millis(version.published(), version.served())));
    }

    private static double millis(long from, long to) {
        return (to - from) / 1e6;
    }

    private long now() {
        return around.nanoTicker().getAsLong();
    }
}
