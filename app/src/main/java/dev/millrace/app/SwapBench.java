package dev.millrace.app;

import dev.millrace.registry.Alias;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.VersionPublisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/** Asks a served model from several threads, and moves its champion to and fro meanwhile. For one thread. */
final class SwapBench {

    private static final long LOOK_NANOS = 200_000;
    private static final long PATIENCE_NANOS = Duration.ofMinutes(2).toNanos();

    /**
     * What requests saw.
     *
     * @param requests that were answered
     * @param swaps that happened meanwhile
     * @param p50Ms half of the answers took no longer
     * @param p99Ms 99 of a hundred answers took no longer
     * @param maxMs the slowest answer
     */
    record Latencies(long requests, long swaps, double p50Ms, double p99Ms, double maxMs) {}

    private final Surroundings around;
    private final String model;
    private final Subscription<?> subscription;
    private final Scorer scorer;
    private final VersionPublisher publisher;
    private final List<String> texts;

    /**
     * Over a model that is served, with at least two versions.
     *
     * @param texts to ask, in turns
     */
    SwapBench(
            Surroundings around,
            String model,
            Subscription<?> subscription,
            Scorer scorer,
            VersionPublisher publisher,
            List<String> texts) {
        this.around = around;
        this.model = model;
        this.subscription = subscription;
        this.scorer = scorer;
        this.publisher = publisher;
        this.texts = List.copyOf(texts);
    }

    /**
     * Asks for a while.
     *
     * @param threads that ask, each its next question when the last one is answered
     * @param span how long
     * @param swapEvery how often the champion moves; zero for never
     * @param between the two versions that it moves between
     * @return how long each answer took, in nanoseconds, sorted, and how often the champion moved
     */
    Asked ask(int threads, Duration span, Duration swapEvery, List<Long> between)
            throws InterruptedException, ExecutionException {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            long end = now() + span.toNanos();
            List<Future<long[]>> asking = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int first = i;
                asking.add(pool.submit(() -> askUntil(end, first)));
            }
            long swaps = swapEvery.isZero() ? 0 : swapUntil(end, swapEvery, between);
            LongStream all = LongStream.empty();
            for (Future<long[]> one : asking) {
                all = LongStream.concat(all, Arrays.stream(one.get()));
            }
            return new Asked(all.sorted().boxed().toList(), swaps);
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * How long answers took.
     *
     * @param nanos of each answer, sorted
     * @param swaps that happened meanwhile
     */
    record Asked(List<Long> nanos, long swaps) {

        Asked {
            nanos = List.copyOf(nanos);
        }

        /** Both as one. */
        Asked and(Asked other) {
            List<Long> all = new ArrayList<>(nanos);
            all.addAll(other.nanos);
            all.sort(null);
            return new Asked(all, swaps + other.swaps);
        }

        Latencies latencies() {
            return new Latencies(nanos.size(), swaps, quantile(0.5), quantile(0.99), quantile(1));
        }

        private double quantile(double share) {
            return nanos.get((int) (share * (nanos.size() - 1))) / 1e6;
        }
    }

    private long[] askUntil(long end, int first) {
        LongStream.Builder taken = LongStream.builder();
        int next = first;
        for (long begun = now(); begun < end; begun = now()) {
            if (scorer.score(List.of(texts.get(next % texts.size())), 1).isEmpty()) {
                throw new IllegalStateException("nothing is served");
            }
            taken.add(now() - begun);
            next++;
        }
        return taken.build().toArray();
    }

    private long swapUntil(long end, Duration every, List<Long> between) {
        long swaps = 0;
        for (long next = now() + every.toNanos(); next < end; next += every.toNanos()) {
            waitUntil(next);
            promote(between.get((int) (swaps % between.size())));
            swaps++;
        }
        return swaps;
    }

    /** Makes a version the champion, and waits until it is served. */
    void promote(long version) {
        publisher.change(
                List.of(new Alias(
                        model, Alias.CHAMPION, version, null, around.clock().instant(), "bench", "measured")),
                List.of());
        long deadline = now() + PATIENCE_NANOS;
        while (subscription
                .current()
                .filter(served -> served.version() == version)
                .isEmpty()) {
            if (now() > deadline) {
                throw new IllegalStateException("version " + version + " was promoted, but is not served");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void waitUntil(long nanos) {
        while (now() < nanos) {
            LockSupport.parkNanos(Math.min(nanos - now(), 10 * LOOK_NANOS));
        }
    }

    private long now() {
        return around.nanoTicker().getAsLong();
    }
}
