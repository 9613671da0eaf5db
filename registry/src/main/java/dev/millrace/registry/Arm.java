package dev.millrace.registry;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One alias of a subscription: what stands for it, what should, and how often that was tried. For the follower's thread,
 * but for {@link #refusal} and the slot.
 */
final class Arm<T extends AutoCloseable> {

    private record Attempt(VersionRecord version, long firstSeenNanos, int failures, long notBeforeNanos) {}

    private final ModelAlias name;
    private final double share;
    private final Slot<T> slot;
    private @Nullable Attempt attempt;
    private @Nullable Long newest;
    private @Nullable Instant since;
    private volatile Subscription.@Nullable Refusal refusal;

    Arm(ModelAlias name, double share, Slot<T> slot) {
        this.name = name;
        this.share = share;
        this.slot = slot;
    }

    Slot<T> slot() {
        return slot;
    }

    Optional<VersionRecord> target(ModelRegistry registry) {
        return registry.followed(name.model(), name.alias());
    }

    /** What should be loaded now: the alias's version, unless it serves already or was refused a moment ago. */
    Optional<VersionRecord> due(ModelRegistry registry, long nowNanos) {
        VersionRecord target = target(registry).orElse(null);
        newest = target == null ? null : Long.valueOf(target.version());
        if (target == null || target.equals(slot.version().orElse(null))) {
            settle();
            return Optional.empty();
        }
        Attempt last = attempt;
        if (last == null || !last.version().equals(target)) {
            last = new Attempt(target, nowNanos, 0, nowNanos);
            attempt = last;
            refusal = null;
        }
        return nowNanos - last.notBeforeNanos() >= 0 ? Optional.of(target) : Optional.empty();
    }

    /** Whether it serves what it should. */
    boolean isSettled() {
        return attempt == null && slot.version().isPresent();
    }

    /** Puts a version in its place, and tells how long that took since its record was seen. */
    Duration place(Serving<T> serving, Clock clock, long nowNanos) {
        slot.swap(serving);
        since = clock.instant();
        Attempt last = attempt;
        settle();
        return last == null ? Duration.ZERO : Duration.ofNanos(nowNanos - last.firstSeenNanos());
    }

    /** Leaves what it should serve alone for a time, and tells how often it was refused by now. */
    int refuse(Exception cause, IntFunction<Duration> retryDelay, long nowNanos) {
        Attempt last = attempt;
        if (last == null) {
            throw new IllegalStateException("nothing was tried for " + name);
        }
        int failures = last.failures() + 1;
        long notBefore = nowNanos + retryDelay.apply(failures).toNanos();
        attempt = new Attempt(last.version(), last.firstSeenNanos(), failures, notBefore);
        refusal = new Subscription.Refusal(last.version(), cause);
        return failures;
    }

    /** Takes out what it serves. */
    void clear() {
        settle();
        slot.clear();
        since = null;
    }

    Optional<Subscription.Refusal> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** How it fares. */
    Deployment report(String instance, Instant now) {
        Subscription.Refusal refused = refusal;
        VersionRecord served = slot.version().orElse(null);
        Deployment.State state = Deployment.State.LOADING;
        if (refused != null) {
            state = Deployment.State.FAILING;
        } else if (isSettled()) {
            state = Deployment.State.SERVING;
        }
        return new Deployment(
                name.model(),
                name.alias(),
                instance,
                state,
                share,
                served == null ? null : Long.valueOf(served.version()),
                served == null ? null : since,
                newest,
                now,
                refused == null ? null : Deployment.reason(refused.cause()),
                served == null || served.model().equals(name.model()) ? null : served.model());
    }

    /** The same, where the version of another alias answers for this one too, for it is the one that this one names. */
    Deployment reportAs(Deployment other) {
        return new Deployment(
                name.model(),
                name.alias(),
                other.instance(),
                other.state(),
                share,
                other.version(),
                other.since(),
                other.newest(),
                other.time(),
                other.reason(),
                other.successor());
    }

    private void settle() {
        attempt = null;
        refusal = null;
    }

    @Override
    public String toString() {
        return name.toString();
    }
}
