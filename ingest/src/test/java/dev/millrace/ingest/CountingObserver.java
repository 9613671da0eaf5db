package dev.millrace.ingest;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what it is told. */
final class CountingObserver implements IngestObserver {

    final AtomicInteger accepted = new AtomicInteger();
    final AtomicInteger duplicates = new AtomicInteger();
    final AtomicInteger shed = new AtomicInteger();
    final AtomicInteger paired = new AtomicInteger();
    private final Map<String, Integer> rejected = new TreeMap<>();
    private final Map<String, Integer> unpaired = new TreeMap<>();
    private final Map<Boolean, Integer> corrected = new TreeMap<>();

    @Override
    public void accepted(String model) {
        accepted.incrementAndGet();
    }

    @Override
    public void duplicate(String model) {
        duplicates.incrementAndGet();
    }

    @Override
    public void shed(String model) {
        shed.incrementAndGet();
    }

    @Override
    public synchronized void rejected(String reason) {
        rejected.merge(reason, 1, Integer::sum);
    }

    synchronized Map<String, Integer> rejected() {
        return Map.copyOf(rejected);
    }

    @Override
    public void paired(String model) {
        paired.incrementAndGet();
    }

    @Override
    public synchronized void unpaired(String model, String half) {
        unpaired.merge(half, 1, Integer::sum);
    }

    @Override
    public synchronized void corrected(String model, boolean taken) {
        corrected.merge(taken, 1, Integer::sum);
    }

    synchronized Map<String, Integer> unpaired() {
        return Map.copyOf(unpaired);
    }

    synchronized Map<Boolean, Integer> corrected() {
        return Map.copyOf(corrected);
    }
}
