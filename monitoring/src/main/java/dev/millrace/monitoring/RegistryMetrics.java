package dev.millrace.monitoring;

import dev.millrace.registry.Pin;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.ShadowOutcome;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What happens to versions, from being published to being served, each model apart. */
final class RegistryMetrics implements RegistryObserver {

    private static final String REFUSED_IN_A_ROW = "millrace.registry.versions.refused.in.a.row";
    private static final Duration[] WRITE_BUCKETS =
            Buckets.ofMillis(10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 60_000);
    private static final Duration[] FRESHNESS_BUCKETS =
            Buckets.ofSeconds(1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600);

    private final MeterRegistry registry;
    private final Clock clock;
    private final MeterProvider<Counter> published;
    private final MeterProvider<Counter> judged;
    private final MeterProvider<Counter> rolledBack;
    private final MeterProvider<Counter> refused;
    private final MeterProvider<Counter> reportsDropped;
    private final MeterProvider<Counter> routed;
    private final MeterProvider<Counter> shadowed;
    private final MeterProvider<Timer> writing;
    private final MeterProvider<Timer> loading;
    private final MeterProvider<Timer> freshness;
    private final Map<String, Newest> newest = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> served = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> refusals = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> heard = new ConcurrentHashMap<>();

    RegistryMetrics(MeterRegistry registry, Clock clock) {
        this.registry = registry;
        this.clock = clock;
        published = Counter.builder("millrace.registry.versions.published")
                .description("Versions committed to the registry's topic")
                .withRegistry(registry);
        judged = Counter.builder("millrace.registry.versions.judged")
                .description("Versions that the gate has judged, by whether they passed and so became champion")
                .withRegistry(registry);
        rolledBack = Counter.builder("millrace.registry.rollbacks.automatic")
                .description("Times the champion was taken back because it answered worse than an earlier version")
                .withRegistry(registry);
        refused = Counter.builder("millrace.serving.versions.refused")
                .description("Versions that could not be verified or loaded, so that the one before went on serving")
                .withRegistry(registry);
        reportsDropped = Counter.builder("millrace.serving.reports.dropped")
                .description("Reports of what is served that Kafka did not take")
                .withRegistry(registry);
        routed = Counter.builder("millrace.serving.routed")
                .description("Requests of a trial with a canary, by the alias whose version answered them")
                .withRegistry(registry);
        shadowed = Counter.builder("millrace.serving.shadowed")
                .description(
                        "Requests that a version on trial answered beside: whether it agreed, failed, or was too slow")
                .withRegistry(registry);
        writing = Timer.builder("millrace.registry.checkpoint.write")
                .description("Time until the artifacts of a version were durable")
                .serviceLevelObjectives(WRITE_BUCKETS)
                .withRegistry(registry);
        loading = Timer.builder("millrace.serving.swap.load")
                .description("Time from seeing a version's record to serving it")
                .serviceLevelObjectives(WRITE_BUCKETS)
                .withRegistry(registry);
        freshness = Timer.builder("millrace.serving.freshness")
                .description("From event to served: age of a version's newest example when it began to serve")
                .serviceLevelObjectives(FRESHNESS_BUCKETS)
                .withRegistry(registry);
    }

    @Override
    public void published(VersionRecord version, Duration elapsed) {
        published.withTag("model", version.model()).increment();
        writing.withTag("model", version.model()).record(elapsed);
        newest.computeIfAbsent(version.model(), model -> newestOf(model, version)).version = version;
    }

    @Override
    public void judged(Verdict verdict) {
        // Both begin at zero, for a rate needs a value before the first refusal.
        for (boolean passed : List.of(true, false)) {
            judged.withTags("model", verdict.model(), "verdict", passed ? "passed" : "refused")
                    .increment(passed == verdict.passed() ? 1 : 0);
        }
        rolledBack.withTag("model", verdict.model()).increment(0);
        AtomicLong inARow = refusals.computeIfAbsent(verdict.model(), this::refusalsOf);
        inARow.set(verdict.passed() ? 0 : inARow.get() + 1);
    }

    @Override
    public void rolledBack(Pin pin) {
        rolledBack.withTag("model", pin.model()).increment();
    }

    @Override
    public void swapped(VersionRecord version, Duration elapsed, Duration age) {
        loading.withTag("model", version.model()).record(elapsed);
        if (version.newestExample() != null) {
            // Producers' clocks may run ahead of ours, and a timer drops what is negative.
            freshness.withTag("model", version.model()).record(age.isNegative() ? Duration.ZERO : age);
        }
        served.computeIfAbsent(version.model(), this::servedOf).set(version.version());
    }

    @Override
    public void refused(VersionRecord version, Exception cause) {
        refused.withTag("model", version.model()).increment();
    }

    @Override
    public void heard(String model) {
        heard.computeIfAbsent(model, this::heardOf).set(clock.millis());
        // All begin at zero, for a rate needs a value before the first event.
        reportsDropped.withTag("model", model).increment(0);
        refused.withTag("model", model).increment(0);
        freshness.withTag("model", model);
        loading.withTag("model", model);
    }

    @Override
    public void reportDropped(String model) {
        reportsDropped.withTag("model", model).increment();
    }

    @Override
    public void routed(String model, String alias) {
        routed.withTags("model", model, "alias", alias).increment();
    }

    @Override
    public void shadowed(String model, ShadowOutcome outcome) {
        for (ShadowOutcome each : ShadowOutcome.values()) {
            shadowed.withTags("model", model, "outcome", each.name().toLowerCase(Locale.ROOT))
                    .increment(each == outcome ? 1 : 0);
        }
    }

    private AtomicLong heardOf(String model) {
        AtomicLong millis = new AtomicLong();
        new ModelGauges(registry, model)
                .add(
                        "millrace.serving.registry.age",
                        "seconds",
                        "Time since the registry's topic was last known to be read to its end",
                        () -> (clock.millis() - millis.get()) / 1000.0);
        return millis;
    }

    private Newest newestOf(String model, VersionRecord first) {
        Newest newest = new Newest(first);
        new ModelGauges(registry, model)
                .add(
                        "millrace.registry.version",
                        null,
                        "Number of the version published last",
                        () -> newest.version.version())
                .add(
                        "millrace.registry.version.age",
                        "seconds",
                        "Time since the version published last was made",
                        () -> Duration.between(newest.version.time(), clock.instant())
                                        .toMillis()
                                / 1000.0);
        return newest;
    }

    /** Who judges a model from now on begins to count anew; what was counted here would stand still. */
    void closed(String model) {
        refusals.remove(model);
        new ModelGauges(registry, model).remove(REFUSED_IN_A_ROW);
    }

    private AtomicLong refusalsOf(String model) {
        AtomicLong inARow = new AtomicLong();
        new ModelGauges(registry, model)
                .add(
                        REFUSED_IN_A_ROW,
                        null,
                        "Versions that the gate has refused since it last let one pass",
                        inARow::get);
        return inARow;
    }

    private AtomicLong servedOf(String model) {
        AtomicLong version = new AtomicLong();
        new ModelGauges(registry, model)
                .add("millrace.serving.version", null, "Number of the version that is served", version::get);
        return version;
    }

    /** The version of a model that was published last. */
    private static final class Newest {

        private volatile VersionRecord version;

        private Newest(VersionRecord version) {
            this.version = version;
        }
    }
}
