package dev.millrace.registry;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One step of a subscription: read what is new, and when the alias has moved, load what it points at. For one thread. */
final class Follower<T extends AutoCloseable> implements AutoCloseable {

    /** What a step did. */
    enum Step {
        NO_TOPIC,
        NOTHING,
        SWAPPED,
        REFUSED
    }

    /** What to follow, and how. */
    record Plan<T extends AutoCloseable>(
            String model,
            String alias,
            ArtifactStore store,
            VersionLoader<T> loader,
            VersionTrust trust,
            RegistryObserver observer,
            Clock clock,
            LongSupplier nanoTicker,
            IntFunction<Duration> retryDelay) {}

    private record Attempt(VersionRecord version, long firstSeenNanos, int failures, long notBeforeNanos) {}

    private static final Logger LOG = LoggerFactory.getLogger(Follower.class);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Plan<T> plan;
    private final TopicTail<RegistryFold> tail;
    private final Slot<T> slot;
    private @Nullable Attempt attempt;
    private volatile Subscription.@Nullable Refusal refusal;

    Follower(Plan<T> plan, TopicTail<RegistryFold> tail, Slot<T> slot) {
        this.plan = plan;
        this.tail = tail;
        this.slot = slot;
    }

    Step pollOnce(Duration maxWait) {
        if (!tail.assign(PATIENCE)) {
            return Step.NO_TOPIC;
        }
        tail.poll(maxWait);
        if (due().isEmpty()) {
            return Step.NOTHING;
        }
        // More versions may have come while the last one was loaded: only what the alias points at now is worth
        // loading.
        tail.readToEnd(PATIENCE);
        Optional<Attempt> due = due();
        return due.isEmpty() ? Step.NOTHING : load(due.get());
    }

    Optional<Subscription.Refusal> refusal() {
        return Optional.ofNullable(refusal);
    }

    void wakeup() {
        tail.wakeup();
    }

    @Override
    public void close() {
        tail.close();
    }

    /** What should be loaded now: the alias's version, unless it serves already or was refused a moment ago. */
    private Optional<Attempt> due() {
        VersionRecord target =
                tail.fold().view().resolve(plan.model(), plan.alias()).orElse(null);
        if (target == null || target.equals(slot.version().orElse(null))) {
            attempt = null;
            refusal = null;
            return Optional.empty();
        }
        long now = plan.nanoTicker().getAsLong();
        Attempt last = attempt;
        if (last == null || !last.version().equals(target)) {
            last = new Attempt(target, now, 0, now);
            attempt = last;
        }
        return now - last.notBeforeNanos() >= 0 ? Optional.of(last) : Optional.empty();
    }

    private Step load(Attempt due) {
        VersionRecord version = due.version();
        T loaded;
        try {
            plan.trust().require(version);
            loaded = plan.loader().load(version, fetch(version));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return refuse(due, e);
        } catch (Exception e) {
            return refuse(due, e);
        }
        slot.swap(version, loaded);
        attempt = null;
        refusal = null;
        Duration loading = Duration.ofNanos(plan.nanoTicker().getAsLong() - due.firstSeenNanos());
        LOG.info("Serving version {} of model {}, loaded in {}", version.version(), version.model(), loading);
        plan.observer().swapped(version, loading, freshness(version));
        return Step.SWAPPED;
    }

    private Step refuse(Attempt due, Exception cause) {
        VersionRecord version = due.version();
        int failures = due.failures() + 1;
        Duration delay = plan.retryDelay().apply(failures);
        long now = plan.nanoTicker().getAsLong();
        attempt = new Attempt(version, due.firstSeenNanos(), failures, now + delay.toNanos());
        refusal = new Subscription.Refusal(version, cause);
        LOG.warn(
                "Version {} of model {} is refused (try {}, next in {}); {}",
                version.version(),
                version.model(),
                failures,
                delay,
                slot.version()
                        .map(running -> "version " + running.version() + " goes on serving")
                        .orElse("nothing is served yet"),
                cause);
        plan.observer().refused(version, cause);
        return Step.REFUSED;
    }

    private Map<String, Path> fetch(VersionRecord version) throws Exception {
        Map<String, Path> files = new HashMap<>();
        for (String role : plan.loader().roles()) {
            Artifact artifact = version.artifact(role)
                    .orElseThrow(
                            () -> new ArtifactException("version " + version.version() + " of model " + version.model()
                                    + " has no file with the role '" + role + "', which is needed to serve it"));
            files.put(role, plan.store().fetch(artifact));
        }
        for (String role : plan.loader().optionalRoles()) {
            Optional<Artifact> artifact = version.artifact(role);
            if (artifact.isPresent()) {
                files.put(role, plan.store().fetch(artifact.get()));
            }
        }
        return Map.copyOf(files);
    }

    private Duration freshness(VersionRecord version) {
        if (version.newestExample() == null) {
            return Duration.ZERO;
        }
        Duration age = Duration.between(version.newestExample(), plan.clock().instant());
        return age.isNegative() ? Duration.ZERO : age;
    }
}
