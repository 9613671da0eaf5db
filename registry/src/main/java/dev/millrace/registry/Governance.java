package dev.millrace.registry;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;

/**
 * What people do to the registry: promote, roll back, pin, name and retire versions. Each verb looks at the registry as it
 * is, refuses what makes no sense there, and writes its records and its event of the audit topic in one transaction.
 *
 * <p>Two people at once are served in the order of the log. A trainer that publishes meanwhile moves the alias it owns, and
 * no pin. For one thread.
 */
public final class Governance implements AutoCloseable {

    /**
     * Who asks, and why.
     *
     * @param by who
     * @param reason why
     */
    public record Asked(String by, String reason) {}

    /** What the transactional ids begin with, each of which is used once. */
    public static final String TRANSACTIONS = "millrace-governance-";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, Object> client;
    private final String topic;
    private final VersionPublisher publisher;
    private final Clock clock;
    private Consumer<ModelRegistry> condition = registry -> {};
    private List<AuditEntry> told = List.of();

    private Governance(Map<String, Object> client, String topic, VersionPublisher publisher, Clock clock) {
        this.client = client;
        this.topic = topic;
        this.publisher = publisher;
        this.clock = clock;
    }

    /**
     * Connects to a registry.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic the registry's topic
     * @param clock what the records are dated by
     * @return what changes it
     * @throws org.apache.kafka.common.KafkaException if the brokers do not answer, or refuse
     */
    public static Governance open(Map<String, Object> clientProperties, String topic, Clock clock) {
        Map<String, Object> client = new HashMap<>(clientProperties);
        client.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        // Nobody goes on with what this one began, so nobody has to be fenced by its name.
        VersionPublisher publisher = VersionPublisher.open(client, topic, TRANSACTIONS + UUID.randomUUID());
        return new Governance(client, topic, publisher, clock);
    }

    /**
     * Puts a condition on the verbs that follow. Whoever changes the registry from another process between the look and
     * the commit, some milliseconds later, is not noticed.
     *
     * @param condition looks at the registry as the verb finds it, and throws what the verb shall throw instead of
     *     changing anything
     * @return this
     */
    public Governance onlyIf(Consumer<ModelRegistry> condition) {
        this.condition = condition;
        return this;
    }

    /**
     * What the audit topic says of the last verb that succeeded.
     *
     * @return its events, in their order; empty before the first
     */
    public List<AuditEntry> told() {
        return told;
    }

    /**
     * Moves an alias to a version, and takes away what held it elsewhere.
     *
     * @param model the model's name
     * @param name of the version: its number, {@code latest}, or another alias
     * @param alias which to move
     * @param asked by whom, and why
     * @return the alias as it is now
     * @throws GovernanceException if there is no such version, or it is retired
     */
    public Alias promote(String model, String name, String alias, Asked asked) {
        ModelRegistry registry = registry();
        VersionRecord version = inUse(registry, model, name);
        Alias moved = new Alias(
                model, alias, version.version(), before(registry, model, alias), now(), asked.by(), asked.reason());
        List<Removal> removals = registry.pin(model, alias).stream()
                .map(pin ->
                        new Removal(Removal.What.PIN, model, alias, pin.version(), now(), asked.by(), asked.reason()))
                .toList();
        told = publisher.change(List.of(moved), removals);
        return moved;
    }

    /**
     * Takes an alias back to an earlier version and holds it there, until {@link #unpin} or {@link #promote}.
     *
     * @param model the model's name
     * @param name of the version; null for the one that the alias led to before
     * @param alias which to take back
     * @param asked by whom, and why
     * @return the pin
     * @throws GovernanceException if it is not known what came before, or that version is not earlier, gone or retired, or
     *     nobody follows the alias since a cut-over
     */
    public Pin rollBack(String model, @Nullable String name, String alias, Asked asked) {
        ModelRegistry registry = registry();
        Successions.requireFollowed(registry, model, alias);
        Long current = before(registry, model, alias);
        if (current == null) {
            throw new GovernanceException(
                    "alias '" + alias + "' of " + model + " points at no version, so there is nothing to roll back");
        }
        VersionRecord version = inUse(registry, model, name == null ? earlier(registry, model, alias) : name);
        if (version.version() >= current) {
            throw new GovernanceException("version " + version.version() + " of " + model
                    + " is no earlier than version " + current + ", which alias '" + alias
                    + "' leads to; use promote to go forward, or pin to hold it there");
        }
        return hold(version, alias, current, asked);
    }

    /**
     * Holds an alias at a version, wherever it is moved meanwhile.
     *
     * @param model the model's name
     * @param name of the version: its number, {@code latest} or an alias
     * @param alias which to hold
     * @param asked by whom, and why
     * @return the pin
     * @throws GovernanceException if there is no such version, or it is retired
     */
    public Pin pin(String model, String name, String alias, Asked asked) {
        ModelRegistry registry = registry();
        return hold(inUse(registry, model, name), alias, before(registry, model, alias), asked);
    }

    /**
     * Lets an alias go: it leads where it points again.
     *
     * @param model the model's name
     * @param alias which one
     * @param asked by whom, and why
     * @return where it leads now; empty when there is a pin, but no alias under it
     * @throws GovernanceException if it is not pinned
     */
    public OptionalLong unpin(String model, String alias, Asked asked) {
        ModelRegistry registry = registry();
        Pin pin = registry.pin(model, alias)
                .orElseThrow(() -> new GovernanceException("alias '" + alias + "' of " + model + " is not pinned"));
        told = publisher.change(
                List.of(),
                List.of(new Removal(Removal.What.PIN, model, alias, pin.version(), now(), asked.by(), asked.reason())));
        return registry.alias(model, alias).stream().mapToLong(Alias::version).findFirst();
    }

    /**
     * Removes an alias, and what holds it.
     *
     * @param model the model's name
     * @param alias which one; not the champion's
     * @param asked by whom, and why
     * @throws GovernanceException if there is no such alias, or it is the champion's
     */
    public void removeAlias(String model, String alias, Asked asked) {
        ModelRegistry registry = registry();
        if (alias.equals(Alias.CHAMPION)) {
            throw new GovernanceException("alias '" + alias + "' is what is served, and is not removed; promote"
                    + " another version, or pin it");
        }
        Long leads = before(registry, model, alias);
        if (leads == null) {
            throw new GovernanceException(model + " has no alias '" + alias + "'; it has " + aliases(registry, model));
        }
        told = publisher.change(
                List.of(),
                List.of(
                        new Removal(Removal.What.PIN, model, alias, leads, now(), asked.by(), asked.reason()),
                        new Removal(Removal.What.ALIAS, model, alias, leads, now(), asked.by(), asked.reason())));
    }

    /**
     * Lets another model be served in the place of this one: whoever follows one of its aliases swaps to what the same
     * alias of the other leads to.
     *
     * @param model whose place
     * @param to the other model, which must have a champion
     * @param asked by whom, and why
     * @return the cut-over
     * @throws GovernanceException if one of the two is not known, has no champion or a part in another cut-over
     */
    public Successor cutOver(String model, String to, Asked asked) {
        ModelRegistry registry = registry();
        Successions.requireFree(registry, model, to);
        inUse(registry, to, Alias.CHAMPION);
        Successor cutOver = new Successor(model, to, now(), asked.by(), asked.reason());
        told = publisher.change(List.of(cutOver), List.of());
        return cutOver;
    }

    /**
     * Undoes {@link #cutOver}: the aliases of the model itself are followed again.
     *
     * @param model whose
     * @param asked by whom, and why
     * @return the cut-over that is no more
     * @throws GovernanceException if no other model is served in its place
     */
    public Successor cutBack(String model, Asked asked) {
        ModelRegistry registry = registry();
        Successor cutOver = registry.successor(model)
                .orElseThrow(() -> new GovernanceException("no other model is served in the place of " + model));
        told = publisher.change(
                List.of(),
                List.of(new Removal(
                        Removal.What.SUCCESSOR, model, cutOver.successor(), null, now(), asked.by(), asked.reason())));
        return cutOver;
    }

    /**
     * Takes a version out of use for good. Its record stays; a sweep of the store may remove its files.
     *
     * @param model the model's name
     * @param version its number
     * @param asked by whom, and why
     * @return the retirement
     * @throws GovernanceException if there is no such version, an alias leads to it, or training goes on from it
     */
    public Retirement retire(String model, long version, Asked asked) {
        ModelRegistry registry = registry();
        VersionRecord record = inUse(registry, model, Long.toString(version));
        Set<String> leading = leading(registry, model, version);
        if (!leading.isEmpty()) {
            throw new GovernanceException("version " + version + " of " + model + " is not retired, for "
                    + String.join(", ", leading) + " leads to it; promote another version first");
        }
        if (registry.latest(model).filter(record::equals).isPresent()) {
            throw new GovernanceException("version " + version + " of " + model
                    + " is not retired, for it is the newest, and training goes on from it");
        }
        Retirement retirement = new Retirement(model, version, now(), asked.by(), asked.reason());
        told = publisher.change(List.of(retirement), List.of());
        return retirement;
    }

    /**
     * Creates a job: examples of the model are taken and learned from now on, by every process that follows the registry.
     * Returns when each of them knows it.
     *
     * @param model the model's name
     * @param base the name of the pretrained model that it starts from
     * @param settings of its recipe, by their names
     * @param asked by whom, and why
     * @return the job
     * @throws GovernanceException if there is such a job already
     */
    public JobRecord createJob(String model, String base, Map<String, String> settings, Asked asked) {
        registry().job(model).ifPresent(job -> {
            throw new GovernanceException("there is a job for " + model + " already, created by " + job.by() + " at "
                    + job.time() + "; remove it first, or send its trainer other settings (millrace control set)");
        });
        JobRecord created = new JobRecord(model, base, settings, now(), asked.by(), asked.reason());
        told = publisher.change(List.of(created), List.of());
        awaitKnown();
        return created;
    }

    /**
     * Removes a job. Its examples are refused from then on; versions and aliases of its model stay.
     *
     * @param model the model's name
     * @param asked by whom, and why
     * @throws GovernanceException if there is no such job
     */
    public void removeJob(String model, Asked asked) {
        if (registry().job(model).isEmpty()) {
            throw new GovernanceException("no job was created for " + model + "; one of the settings is removed there");
        }
        told = publisher.change(
                List.of(), List.of(new Removal(Removal.What.JOB, model, "", null, now(), asked.by(), asked.reason())));
        awaitKnown();
    }

    /** Waits until whoever looks for a job finds what was changed. */
    private void awaitKnown() {
        // A commit becomes visible a moment after it is confirmed.
        RegistryReader.readSettled(client, topic, PATIENCE);
        // Others look no more often than this, and say so: the time is the promise itself, nothing happens that could
        // be
        // waited for instead.
        try {
            TimeUnit.NANOSECONDS.sleep(JobCatalog.KNOWN_WITHIN.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes the connection. */
    @Override
    public void close() {
        publisher.close();
    }

    private ModelRegistry registry() {
        ModelRegistry registry = RegistryReader.readSettled(client, topic, PATIENCE);
        condition.accept(registry);
        return registry;
    }

    private Instant now() {
        return clock.instant();
    }

    private Pin hold(VersionRecord version, String alias, @Nullable Long before, Asked asked) {
        Pin pin = new Pin(version.model(), alias, version.version(), before, now(), asked.by(), asked.reason());
        told = publisher.change(List.of(pin), List.of());
        return pin;
    }

    /** The aliases that point at a version, and those that are held there, which need not point anywhere. */
    private static Set<String> leading(ModelRegistry registry, String model, long version) {
        Set<String> leading = new TreeSet<>();
        registry.aliases(model).stream()
                .filter(alias -> alias.version() == version)
                .forEach(alias -> leading.add(alias.alias()));
        registry.pins(model).stream().filter(pin -> pin.version() == version).forEach(pin -> leading.add(pin.alias()));
        return leading;
    }

    private static @Nullable Long before(ModelRegistry registry, String model, String alias) {
        OptionalLong target = registry.target(model, alias);
        return target.isPresent() ? target.getAsLong() : null;
    }

    private static String earlier(ModelRegistry registry, String model, String alias) {
        Long held = registry.pin(model, alias).map(Pin::version).orElse(null);
        if (held != null) {
            throw new GovernanceException("alias '" + alias + "' of " + model + " is pinned at version " + held
                    + " already; name the version to take it back to");
        }
        return registry.alias(model, alias)
                .map(Alias::previous)
                .map(String::valueOf)
                .orElseThrow(() -> new GovernanceException("it is not known where alias '" + alias + "' of " + model
                        + " led before; name the version to take it back to"));
    }

    private static VersionRecord inUse(ModelRegistry registry, String model, String name) {
        VersionRecord version = registry.resolve(model, name)
                .orElseThrow(() -> new GovernanceException(
                        registry.models().contains(model)
                                ? model + " has no version '" + name + "'; its newest is "
                                        + registry.latest(model)
                                                .map(VersionRecord::version)
                                                .map(String::valueOf)
                                                .orElse("missing")
                                : "there is no model '" + model + "'; there are " + registry.models()));
        registry.retirement(model, version.version()).ifPresent(retirement -> {
            throw new GovernanceException("version " + version.version() + " of " + model + " was retired by "
                    + retirement.by() + " at " + retirement.time() + ": " + retirement.reason());
        });
        return version;
    }

    private static List<String> aliases(ModelRegistry registry, String model) {
        return registry.aliases(model).stream().map(Alias::alias).toList();
    }
}
