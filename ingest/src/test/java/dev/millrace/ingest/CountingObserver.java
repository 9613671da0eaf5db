package dev.millrace.ingest;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what it is told. */
final class CountingObserver implements IngestObserver {

    final AtomicInteger accepted = new AtomicInteger();
    final AtomicInteger duplicates = new AtomicInteger();
    private final Map<String, Integer> rejected = new TreeMap<>();

    @Override
    public void accepted(String model) {
        accepted.incrementAndGet();
    }

    @Override
    public void duplicate(String model) {
        duplicates.incrementAndGet();
    }

    @Override
    public synchronized void rejected(String reason) {
        rejected.merge(reason, 1, Integer::sum);
    }

    synchronized Map<String, Integer> rejected() {
        return Map.copyOf(rejected);
    }
}
