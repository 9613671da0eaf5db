package dev.millrace.registry;

import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Remembers what it was told, and lets a test wait for it. */
class Told implements RegistryObserver {

    final ConcurrentLinkedQueue<Exception> refusals = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Duration> loading = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Duration> freshness = new ConcurrentLinkedQueue<>();
    volatile @Nullable Error broken;
    private final Map<String, CountDownLatch> events = new ConcurrentHashMap<>();

    @Override
    public void swapped(VersionRecord version, Duration loading, Duration freshness) {
        this.loading.add(loading);
        this.freshness.add(freshness);
        event("swap " + version.version()).countDown();
        Error failing = broken;
        if (failing != null) {
            throw failing;
        }
    }

    @Override
    public void refused(VersionRecord version, Exception cause) {
        refusals.add(cause);
        event("refusal " + version.version()).countDown();
    }

    void awaitSwap(long version) throws InterruptedException {
        await("swap " + version);
    }

    Exception awaitRefusal(long version) throws InterruptedException {
        await("refusal " + version);
        return refusals.element();
    }

    private void await(String event) throws InterruptedException {
        assertThat(event(event).await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(event)
                .isTrue();
    }

    private CountDownLatch event(String event) {
        return events.computeIfAbsent(event, name -> new CountDownLatch(1));
    }
}
