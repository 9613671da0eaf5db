package dev.millrace.registry;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One step of a subscription: read what is new, and when an alias has moved, load what it points at. Two versions are in
 * memory at most: where a third is due, one goes first. For one thread.
 */
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
            ModelAlias name,
            @Nullable Trial trial,
            String instance,
            ArtifactStore store,
            VersionLoader<T> loader,
            VersionTrust trust,
            RegistryObserver observer,
            Consumer<Deployment> reports,
            Clock clock,
            LongSupplier nanoTicker,
            IntFunction<Duration> retryDelay) {}

    private static final Logger LOG = LoggerFactory.getLogger(Follower.class);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration HEARING = Duration.ofSeconds(1);
    private static final Duration CUT_OFF = Duration.ofMillis(1500);
    private static final Duration ROOM_LOOK = Duration.ofMillis(20);
    private static final int MOST_IN_MEMORY = 2;

    private final Plan<T> plan;
    private final TopicTail<RegistryFold> tail;
    private final VersionFiles files;
    private final Arm<T> main;
    private final @Nullable Arm<T> trial;
    private final List<Serving<T>> inMemory = new ArrayList<>();
    private boolean waitsForRoom;
    private volatile @Nullable Long heardNanos;

    /**
     * @param slot where the version of the alias stands
     * @param trialSlot where that of the plan's trial stands, if it has one
     */
    Follower(Plan<T> plan, TopicTail<RegistryFold> tail, Slot<T> slot, Slot<T> trialSlot) {
        this.plan = plan;
        this.tail = tail;
        this.files = new VersionFiles(plan.store(), plan.loader());
        Trial tried = plan.trial();
        this.main = new Arm<>(plan.name(), tried == null ? 1 : 1 - tried.share(), slot);
        this.trial = tried == null
                ? null
                : new Arm<>(new ModelAlias(plan.name().model(), tried.alias()), tried.share(), trialSlot);
    }

    Step pollOnce(Duration maxWait) {
        if (!tail.assign(PATIENCE)) {
            return Step.NO_TOPIC;
        }
        tail.poll(waitsForRoom && ROOM_LOOK.compareTo(maxWait) < 0 ? ROOM_LOOK : maxWait);
        hear();
        Step step = move();
        report();
        return step;
    }

    Optional<Subscription.Refusal> refusal() {
        return main.refusal();
    }

    /** How long ago it was known to have read everything, or empty before the first time. */
    Optional<Duration> sinceHeard() {
        Long heard = heardNanos;
        return heard == null
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(plan.nanoTicker().getAsLong() - heard));
    }

    void wakeup() {
        tail.wakeup();
    }

    @Override
    public void close() {
        try (tail) {
            files.close();
        }
    }

    /** Asks for the topic's end now and then: a reader of a broker that is away just sees nothing come. */
    private void hear() {
        Long heard = heardNanos;
        long now = plan.nanoTicker().getAsLong();
        if ((heard == null || now - heard >= HEARING.toNanos()) && tail.isAtEnd(HEARING)) {
            heardNanos = plan.nanoTicker().getAsLong();
            plan.observer().heard(plan.name().model());
        }
    }

    private boolean isCutOff() {
        return sinceHeard().orElse(Duration.ZERO).compareTo(CUT_OFF) > 0;
    }

    private Step move() {
        Arm<T> first = due();
        if (first == null) {
            waitsForRoom = false;
            return Step.NOTHING;
        }
        if (waitsForRoom && !hasRoom()) {
            return Step.NOTHING;
        }
        // More versions may have come while the last one was loaded: only what the alias points at now is worth
        // loading. Where the broker is away, what is known must do.
        try {
            tail.readToEnd(isCutOff() || first.refusal().isPresent() ? HEARING : PATIENCE);
        } catch (TimeoutException e) {
            LOG.warn("Going by what was heard of {} so far: {}", plan.name(), e.getMessage());
        }
        Arm<T> arm = due();
        return arm == null ? Step.NOTHING : load(arm);
    }

    /** The alias for which something should be loaded now, or null. What is tried waits for what serves. */
    private @Nullable Arm<T> due() {
        ModelRegistry registry = tail.fold().view();
        long now = plan.nanoTicker().getAsLong();
        if (main.due(registry, now).isPresent()) {
            return main;
        }
        if (trial == null || !main.isSettled()) {
            return null;
        }
        Optional<VersionRecord> target = trial.target(registry);
        if (target.isEmpty() || target.equals(main.slot().version())) {
            trial.clear();
            return null;
        }
        return trial.due(registry, now).isPresent() ? trial : null;
    }

    private Step load(Arm<T> arm) {
        VersionRecord version = arm.target(tail.fold().view()).orElseThrow();
        return LogContext.of(version).around(() -> load(arm, version));
    }

    private Step load(Arm<T> arm, VersionRecord version) {
        Serving<T> serving = held(version);
        if (serving == null) {
            report();
            try {
                plan.trust().require(version);
                Map<String, Path> checked = files.fetch(version);
                if (!makeRoom()) {
                    return Step.NOTHING;
                }
                serving = new Serving<>(version, plan.loader().load(version, checked));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return refuse(arm, version, e);
            } catch (Exception e) {
                return refuse(arm, version, e);
            }
            inMemory.add(serving);
        }
        return place(arm, serving);
    }

    /** A version that is in memory already, kept there until it is released; or null. */
    private @Nullable Serving<T> held(VersionRecord version) {
        for (Serving<T> serving : inMemory) {
            if (serving.version().equals(version) && serving.retain()) {
                return serving;
            }
        }
        return null;
    }

    private boolean makeRoom() {
        if (!hasRoom() && trial != null) {
            trial.slot().clear();
        }
        boolean waits = !hasRoom();
        if (waits && !waitsForRoom) {
            LOG.info("The next version of {} waits until the last use of an older one has ended", plan.name());
        }
        waitsForRoom = waits;
        return !waits;
    }

    private boolean hasRoom() {
        inMemory.removeIf(Serving::isClosed);
        return inMemory.size() < MOST_IN_MEMORY;
    }

    private Step place(Arm<T> arm, Serving<T> serving) {
        VersionRecord version = serving.version();
        long now = plan.nanoTicker().getAsLong();
        if (arm == main && trial != null) {
            handOver(trial, version);
        }
        Duration loading = arm.place(serving, plan.clock(), now);
        serving.release();
        LOG.info("Serving version {} for {}, loaded in {}", version.version(), arm, loading);
        if (arm == main) {
            plan.observer().swapped(version, loading, freshness(version));
        }
        return Step.SWAPPED;
    }

    /** Lets what serves now be tried from now on, where the trial's alias names it; and ends the trial of what serves next. */
    private void handOver(Arm<T> tried, VersionRecord next) {
        Serving<T> before = main.slot().serving().orElse(null);
        if (before != null && tried.target(tail.fold().view()).equals(Optional.of(before.version()))) {
            tried.place(before, plan.clock(), plan.nanoTicker().getAsLong());
        } else if (tried.slot().version().equals(Optional.of(next))) {
            tried.clear();
        }
    }

    private Step refuse(Arm<T> arm, VersionRecord version, Exception cause) {
        int failures = arm.refuse(cause, plan.retryDelay(), plan.nanoTicker().getAsLong());
        LOG.warn(
                "Version {} for {} is refused (try {}); {}",
                version.version(),
                arm,
                failures,
                main.slot()
                        .version()
                        .map(running -> "version " + running.version() + " goes on serving")
                        .orElse("nothing is served yet"),
                cause);
        plan.observer().refused(version, cause);
        return Step.REFUSED;
    }

    private void report() {
        Deployment own = main.report(plan.instance(), plan.clock().instant());
        plan.reports().accept(own);
        if (trial != null) {
            boolean same = main.isSettled()
                    && trial.target(tail.fold().view()).equals(main.slot().version());
            plan.reports()
                    .accept(
                            same
                                    ? trial.reportAs(own)
                                    : trial.report(plan.instance(), plan.clock().instant()));
        }
    }

    private Duration freshness(VersionRecord version) {
        if (version.newestExample() == null) {
            return Duration.ZERO;
        }
        Duration age = Duration.between(version.newestExample(), plan.clock().instant());
        return age.isNegative() ? Duration.ZERO : age;
    }
}
