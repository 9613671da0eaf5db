package dev.millrace.registry;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.kafka.common.IsolationLevel;

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
     * Starts the thread that follows the topic.
     *
     * @return the subscription, which has no version yet
     * @throws org.apache.kafka.common.KafkaException if the client properties are wrong
     */
    public Subscription<T> start() {
        return new Subscription<>(this).begin();
    }

    ModelAlias name() {
        return name;
    }

    String topic() {
        return topic;
    }

    Follower<T> follower(Slot<T> slot) {
        return new Follower<>(
                new Follower.Plan<>(
                        name.model(),
                        name.alias(),
                        store,
                        loader,
                        trust,
                        observer,
                        clock,
                        System::nanoTime,
                        retryDelay),
                TopicTail.of(
                        clientProperties, topic, new RegistryFold(), IsolationLevel.READ_COMMITTED, System::nanoTime),
                slot);
    }
}
