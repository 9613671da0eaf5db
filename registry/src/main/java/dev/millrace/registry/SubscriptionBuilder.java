package dev.millrace.registry;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntFunction;
import org.apache.kafka.common.IsolationLevel;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a subscription, from {@link Subscription#to}. For one thread.
 *
 * @param <T> what serves
 */
public final class SubscriptionBuilder<T extends AutoCloseable> {

    private final ModelAlias name;
    private final Map<String, Object> clientProperties;
    private final ArtifactStore store;
    private final VersionLoader<T> loader;
    private String topic = RegistryTopic.DEFAULT_NAME;
    private VersionTrust trust = VersionTrust.ANYONE;
    private RegistryObserver observer = RegistryObserver.NONE;
    private Clock clock = Clock.systemUTC();
    private IntFunction<Duration> retryDelay = Backoff.standard();
    private @Nullable Trial trial;
    private @Nullable String deploymentTopic = DeploymentTopic.DEFAULT_NAME;
    private Duration reportEvery = Duration.ofSeconds(30);
    private String instance = UUID.randomUUID().toString();

    SubscriptionBuilder(
            ModelAlias name, Map<String, Object> clientProperties, ArtifactStore store, VersionLoader<T> loader) {
        this.name = name;
        this.clientProperties = Map.copyOf(clientProperties);
        this.store = store;
        this.loader = loader;
    }

    /**
     * Where the versions are told.
     *
     * @param topic the registry's topic, which may come later; {@value RegistryTopic#DEFAULT_NAME} by default
     * @return this
     */
    public SubscriptionBuilder<T> topic(String topic) {
        this.topic = topic;
        return this;
    }

    /**
     * Whose versions are served.
     *
     * @param trust asked before any file of a version is fetched, such as {@link TrustedKeys}; by default it accepts
     *     every version
     * @return this
     */
    public SubscriptionBuilder<T> trust(VersionTrust trust) {
        this.trust = trust;
        return this;
    }

    /**
     * Who is told of swaps and refusals.
     *
     * @param observer called on the subscription's threads; by default nobody
     * @return this
     */
    public SubscriptionBuilder<T> observer(RegistryObserver observer) {
        this.observer = observer;
        return this;
    }

    /**
     * What the freshness of a version is measured against.
     *
     * @param clock wall time; the system's by default
     * @return this
     */
    public SubscriptionBuilder<T> clock(Clock clock) {
        this.clock = clock;
        return this;
    }

    /**
     * How long a version that was refused is left alone.
     *
     * @param retryDelay given how often it was refused in a row, from 1 on; by default 1 s, then twice as long each time,
     *     up to 64 s, of which a part at random between a half and all
     * @return this
     */
    public SubscriptionBuilder<T> retryDelay(IntFunction<Duration> retryDelay) {
        this.retryDelay = retryDelay;
        return this;
    }

    /**
     * Lets a second alias answer a share of the requests, those that {@link Subscription#use(String, java.util.function.Function,
     * java.util.function.BiPredicate)} and {@link Subscription#acquire(String)} are given. Which ones is decided by a digest
     * of the request's key.
     *
     * @param alias of the same model, such as {@value Alias#CANDIDATE}; while it names no other version than the one that
     *     serves, or one that cannot be loaded, the latter answers everything
     * @param share above 0 and below 1
     * @return this
     * @throws IllegalArgumentException if the alias or the share is none
     * @throws IllegalStateException if another alias is tried already: two versions are in memory at most
     */
    public SubscriptionBuilder<T> canary(String alias, double share) {
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("share must be above 0 and below 1, but is " + share);
        }
        return tried(new Trial(alias, share));
    }

    /**
     * Lets a second alias answer the same requests beside, to count how often it disagrees. Nobody gets its answers, and
     * nobody waits for it: it answers on a thread of its own, and requests that it is too slow for are counted and left
     * out. It does take its share of the processor.
     *
     * @param alias of the same model, such as {@value Alias#CANDIDATE}
     * @return this
     * @throws IllegalArgumentException if the alias is none
     * @throws IllegalStateException if another alias is tried already: two versions are in memory at most
     */
    public SubscriptionBuilder<T> shadow(String alias) {
        return tried(new Trial(alias, 0));
    }

    private SubscriptionBuilder<T> tried(Trial tried) {
        if (new ModelAlias(name.model(), tried.alias()).equals(name)) {
            throw new IllegalArgumentException("the alias that is tried must be another one than " + name);
        }
        if (trial != null) {
            throw new IllegalStateException("either a canary or a shadow can be tried, not two versions at once");
        }
        trial = tried;
        return this;
    }

    /**
     * Where to say what is served, and how often.
     *
     * @param topic as {@link DeploymentTopic} shapes it; {@value DeploymentTopic#DEFAULT_NAME} by default. Where there is
     *     none, or no right to write, reports are dropped and counted, and serving goes on
     * @param every how often to say it again without a change; 30 s by default
     * @return this
     * @throws IllegalArgumentException if {@code every} is not above zero
     */
    public SubscriptionBuilder<T> deployments(String topic, Duration every) {
        if (every.isZero() || every.isNegative()) {
            throw new IllegalArgumentException("every must be above zero, but is " + every);
        }
        this.deploymentTopic = topic;
        this.reportEvery = every;
        return this;
    }

    /**
     * Says nobody what is served, as befits a look.
     *
     * @return this
     */
    public SubscriptionBuilder<T> unreported() {
        this.deploymentTopic = null;
        return this;
    }

    /**
     * Which subscriber it is, in its reports.
     *
     * @param instance a name of 1 to 100 of the characters A-Z a-z 0-9 . _ -, which no other subscriber has at the same
     *     time; by default one that is made up
     * @return this
     * @throws IllegalArgumentException if it is no such name
     */
    public SubscriptionBuilder<T> instance(String instance) {
        if (!RegistryKey.NAME_PATTERN.matcher(instance).matches()) {
            throw new IllegalArgumentException(
                    "instance must match " + RegistryKey.NAME + ", but is '" + instance + "'");
        }
        this.instance = instance;
        return this;
    }

    /**
     * Starts the thread that follows the topic.
     *
     * @return the subscription, which has no version yet
     * @throws org.apache.kafka.common.KafkaException if the client properties are wrong
     */
    public Subscription<T> start() {
        return new Subscription<>(this).begin(trial != null && trial.isShadow());
    }

    ModelAlias name() {
        return name;
    }

    String topic() {
        return topic;
    }

    RegistryObserver observer() {
        return observer;
    }

    @Nullable Trial trial() {
        return trial;
    }

    @Nullable DeploymentReporter reporter() {
        return deploymentTopic == null
                ? null
                : new DeploymentReporter(
                        name,
                        new DeploymentReports(reportEvery, clock, System::nanoTime),
                        ReportSink.into(
                                clientProperties,
                                deploymentTopic,
                                Deployment::key,
                                DeploymentJson::write,
                                System::nanoTime),
                        observer);
    }

    Follower<T> follower(Slot<T> slot, Slot<T> trialSlot, @Nullable DeploymentReporter reporter) {
        return new Follower<>(
                new Follower.Plan<>(
                        name,
                        trial,
                        instance,
                        store,
                        loader,
                        trust,
                        observer,
                        reporter == null ? report -> {} : reporter::report,
                        clock,
                        System::nanoTime,
                        retryDelay),
                TopicTail.of(
                        clientProperties, topic, new RegistryFold(), IsolationLevel.READ_COMMITTED, System::nanoTime),
                slot,
                trialSlot);
    }
}
