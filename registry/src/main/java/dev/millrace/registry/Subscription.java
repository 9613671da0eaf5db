package dev.millrace.registry;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the version that an alias points at, and swaps to the next one while it serves.
 *
 * <p>It follows the registry's topic on a daemon thread of its own. When the alias moves, it fetches and verifies the
 * files, loads the new version beside the running one, and puts it in its place in one step. A use that has begun ends on
 * the version it began with; the old version is closed when its last use ends. Two versions are in memory at most: while
 * uses of an older one go on, the next but one waits. A version that is not trusted, cannot be verified or loaded is
 * refused: the running one goes on, a newer version is taken as usual, and the refused one is tried again after a while,
 * for its files may come late. When Kafka or the store is away, what serves goes on serving, and {@link #sinceHeard} says
 * how old what is known is.
 *
 * <p>A service needs this room, a folder or bucket with the artifacts, and a loader:
 *
 * <pre>{@code
 * class Lines implements AutoCloseable {
 *     final List<String> lines;
 *     Lines(Path file) throws IOException { lines = Files.readAllLines(file); }
 *     public void close() {}
 * }
 * VersionLoader<Lines> loader = new VersionLoader<>() {
 *     public Set<String> roles() { return Set.of("lines.txt"); }
 *     public Lines load(VersionRecord version, Map<String, Path> files) throws IOException {
 *         return new Lines(files.get("lines.txt"));
 *     }
 * };
 * Map<String, Object> kafka = Map.of("bootstrap.servers", "localhost:9092");
 * ArtifactStore store = FolderArtifactStore.open(Path.of("millrace-data", "artifacts"));
 *
 * try (Subscription<Lines> subscription =
 *         Subscription.to("support@champion", kafka, store, loader).start()) {
 *     subscription.awaitVersion(Duration.ofMinutes(1));
 *     String answer = subscription.use(
 *             served -> "version " + served.version().version() + " has " + served.value().lines.size() + " lines");
 *     System.out.println(answer);
 * }
 * }</pre>
 *
 * <p>Use {@link #acquire} where a use does not fit into one call. Ready to serve is {@code current().isPresent()}; a
 * subscription that is not {@linkplain #isHealthy() healthy} still serves what it has, but will not see a newer version.
 *
 * <p>Thread-safe.
 *
 * @param <T> what serves
 */
public final class Subscription<T extends AutoCloseable> implements AutoCloseable {

    /**
     * A version that the alias points at and that cannot be served.
     *
     * @param version its record
     * @param cause why, at the last try
     */
    public record Refusal(VersionRecord version, Exception cause) {}

    private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

    private static final Duration LONGEST_POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSING = Duration.ofSeconds(30);

    private final String following;
    private final Slot<T> slot = new Slot<>();
    private final Slot<T> trialSlot = new Slot<>();
    private final Arms<T> arms;
    private final TrialTally tally;
    private final Shadow<T> shadow;
    private final @Nullable DeploymentReporter reporter;
    private final Follower<T> follower;
    private final Thread thread;
    private final CountDownLatch firstVersionOrEnd = new CountDownLatch(1);
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile @Nullable Throwable failure;

    Subscription(SubscriptionBuilder<T> builder) {
        ModelAlias name = builder.name();
        this.following =
                "alias '" + name.alias() + "' of model '" + name.model() + "' in topic '" + builder.topic() + "'";
        this.tally = new TrialTally(name.model(), builder.observer());
        this.arms = new Arms<>(name, builder.trial(), slot, trialSlot, tally);
        this.shadow = new Shadow<>(name, slot, trialSlot, tally);
        this.reporter = builder.reporter();
        this.follower = builder.follower(slot, trialSlot, reporter);
        this.thread = new Thread(this::follow, "millrace-subscription-" + name.model());
        this.thread.setDaemon(true);
    }

    Subscription<T> begin(boolean withShadow) {
        if (reporter != null) {
            reporter.start();
        }
        if (withShadow) {
            shadow.start();
        }
        thread.start();
        return this;
    }

    /**
     * Prepares a subscription.
     *
     * @param <T> what serves
     * @param name whose versions, and which: {@code support@champion}. Behind the @ is an alias, {@code latest}, or a
     *     version's number; without it, {@value Alias#CHAMPION} is meant
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all; it joins no consumer group
     * @param store where the artifacts are
     * @param loader makes what serves
     * @return settings with their defaults
     * @throws IllegalArgumentException if the name has another form
     */
    public static <T extends AutoCloseable> SubscriptionBuilder<T> to(
            String name, Map<String, Object> clientProperties, ArtifactStore store, VersionLoader<T> loader) {
        return new SubscriptionBuilder<>(ModelAlias.parse(name), clientProperties, store, loader);
    }

    /**
     * Uses the version that serves now.
     *
     * @param <R> what comes out
     * @param use is given the version, and must not keep it
     * @return what {@code use} returned
     * @throws NoVersionException before the first version serves, and after {@link #close}
     */
    public <R> R use(Function<? super Served<T>, R> use) {
        try (Lease<T> lease = acquire()) {
            return use.apply(lease);
        }
    }

    /**
     * Uses the version that serves now for a request: with a canary, that of one alias or of the other, by the request's
     * key. Where versions are tried beside, the one on trial answers the same request later, on another thread; its answer
     * is compared and counted, and nobody gets it.
     *
     * @param <R> what comes out
     * @param key of the request; the same key is given to the same alias, by every instance of a service
     * @param use is given a version, and must not keep it; thread-safe, may be called twice, and does nothing but answer
     * @param same whether two answers are the same for the purpose of the count
     * @return what {@code use} returned
     * @throws NoVersionException before the first version serves, and after {@link #close}
     */
    public <R> R use(String key, Function<? super Served<T>, R> use, BiPredicate<? super R, ? super R> same) {
        R answer;
        try (Lease<T> lease = acquire(key)) {
            answer = use.apply(lease);
        }
        shadow.offer(use, answer, same);
        return answer;
    }

    /**
     * Takes a version into use for a request, until the lease is closed: with a canary, that of one alias or of the other.
     *
     * @param key of the request; the same key is given to the same alias, by every instance of a service
     * @return the version, to be closed by the caller
     * @throws NoVersionException before the first version serves, and after {@link #close}
     */
    public Lease<T> acquire(String key) {
        return arms.acquire(key).orElseThrow(this::noVersion);
    }

    /**
     * Takes the version that serves now into use, until the lease is closed.
     *
     * @return the version, to be closed by the caller
     * @throws NoVersionException before the first version serves, and after {@link #close}
     */
    public Lease<T> acquire() {
        return slot.acquire().orElseThrow(this::noVersion);
    }

    /**
     * Waits for the first version; returns at once when there is one.
     *
     * @param patience for how long
     * @return the record of the version that serves
     * @throws NoVersionException if there is none in that time, or none will come because following has ended
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public VersionRecord awaitVersion(Duration patience) throws InterruptedException {
        // Whether the time ran out does not matter: what serves now decides.
        boolean ended = firstVersionOrEnd.await(patience.toNanos(), TimeUnit.NANOSECONDS);
        LOG.debug("Waited for a first version of {}: {}", following, ended);
        return current().orElseThrow(this::noVersion);
    }

    /**
     * The version that serves now.
     *
     * @return its record, or empty before the first one and after {@link #close}
     */
    public Optional<VersionRecord> current() {
        return slot.version();
    }

    /**
     * How old what it knows of the registry is. It goes on serving however old that is.
     *
     * @return how long ago it was known to have read everything; some two seconds at most while the broker can be
     *     reached. Empty before the first time
     */
    public Optional<Duration> sinceHeard() {
        return follower.sinceHeard();
    }

    /**
     * What came of trying a second version, since the start.
     *
     * @return counts of requests; zeros where nothing is tried
     */
    public TrialCounts trialCounts() {
        return tally.counts();
    }

    /**
     * Whether it follows the topic. A version that is refused leaves it healthy; see {@link #refusal}.
     *
     * @return false after a failure and after {@link #close}
     */
    public boolean isHealthy() {
        return thread.isAlive() && failure == null && closing.getCount() > 0;
    }

    /**
     * What ended the following of the topic, such as missing rights. It does not begin again by itself.
     *
     * @return the failure, or empty when there is none
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * The version that the alias points at, when it could not be verified or loaded.
     *
     * @return the refusal, or empty when what the alias points at is served or not seen yet
     */
    public Optional<Refusal> refusal() {
        return follower.refusal();
    }

    /**
     * Stops following, and takes the version out of service: it is closed when its last use ends. Waits for a loader that
     * is at work, up to 30 s. A second call does nothing.
     */
    @Override
    public void close() {
        closing.countDown();
        follower.wakeup();
        try {
            thread.join(CLOSING.toMillis());
            if (thread.isAlive()) {
                LOG.warn("The loader of {} is still at work; what it loads will be closed at once", following);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        shadow.close();
        trialSlot.close();
        slot.close();
        if (reporter != null) {
            reporter.close();
        }
    }

    private void follow() {
        try (follower) {
            while (closing.getCount() > 0) {
                step();
            }
        } catch (WakeupException e) {
            LOG.debug("No longer following {}", following);
        } catch (InterruptedException e) {
            fail(e);
            Thread.currentThread().interrupt();
        } catch (Exception | Error e) {
            fail(e);
        } finally {
            firstVersionOrEnd.countDown();
        }
    }

    private void step() throws InterruptedException {
        boolean pause;
        try {
            Follower.Step step = follower.pollOnce(LONGEST_POLL);
            if (step == Follower.Step.SWAPPED) {
                firstVersionOrEnd.countDown();
            }
            pause = step == Follower.Step.NO_TOPIC;
        } catch (RetriableException e) {
            LOG.warn("Cannot read {} now, trying again: {}", following, e.toString());
            pause = true;
        }
        if (pause && closing.await(PAUSE.toNanos(), TimeUnit.NANOSECONDS)) {
            LOG.debug("Closing while waiting for {}", following);
        }
    }

    private void fail(Throwable cause) {
        failure = cause;
        LOG.error("Stopped following {}; what is served stays, newer versions are not seen", following, cause);
    }

    private NoVersionException noVersion() {
        if (closing.getCount() == 0) {
            return new NoVersionException("the subscription to " + following + " is closed", null);
        }
        Throwable ended = failure;
        if (ended != null) {
            return new NoVersionException("nothing is served, for following " + following + " ended: " + ended, ended);
        }
        Refusal refused = refusal().orElse(null);
        if (refused != null) {
            return new NoVersionException(
                    "nothing is served yet: version " + refused.version().version() + ", " + following
                            + ", was refused: " + refused.cause(),
                    refused.cause());
        }
        return new NoVersionException("nothing is served yet: no version has come for " + following, null);
    }
}
