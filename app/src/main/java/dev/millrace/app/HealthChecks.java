package dev.millrace.app;

import dev.millrace.app.console.Console;
import dev.millrace.ingest.IngestService;
import dev.millrace.monitoring.Health;
import dev.millrace.monitoring.HealthReport;
import dev.millrace.monitoring.Metrics;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.Subscription;
import dev.millrace.trainer.TrainerService;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** What the parts of a running Millrace are asked about their health; {@code docs/operating.md} lists it. Thread-safe. */
final class HealthChecks {

    private static final Duration OLD = Duration.ofSeconds(10);

    private final WaitingVersions waiting = new WaitingVersions();
    private final Health health;

    HealthChecks(Clock clock) {
        this.health = new Health(clock);
    }

    /** Who has to be told what happens, so that the checks know. */
    Observers observers() {
        return waiting.observers();
    }

    void starting(String step) {
        health.starting(step);
    }

    void started() {
        health.started();
    }

    HealthReport startup() {
        return health.startup();
    }

    HealthReport live() {
        return health.live();
    }

    HealthReport ready() {
        return health.ready();
    }

    void ingest(IngestService ingest) {
        vital("ingest", ingest::failure);
        health.register(
                "ingest-running",
                () -> ingest.isHealthy() ? Optional.empty() : Optional.of("the topology is " + ingest.state()));
        health.registerDegrading(
                "ingest-partitions",
                () -> ingest.isHealthy() && !ingest.isRunning()
                        ? Optional.of("partitions are being given out, and meanwhile no examples are taken")
                        : Optional.empty());
    }

    void trainer(TrainerService trainer, Duration sessionTimeout) {
        vital("trainer", trainer::failure);
        health.registerDegrading(
                "trainer-kafka", new GroupHeartbeat(trainer.consumer(), sessionTimeout, "nothing is trained")::problem);
        health.registerDegrading("trainer-versions", waiting::problem);
    }

    void subscription(String model, Subscription<?> subscription) {
        vital("subscription-" + model, subscription::failure);
        health.register(
                "serving-" + model,
                () -> subscription.current().isPresent()
                        ? Optional.empty()
                        : Optional.of("no version of " + model + " is served yet"),
                () -> age(subscription));
        health.registerDegrading("registry-" + model, () -> unheard(subscription));
    }

    void predictions(PredictionService predictions) {
        vital("predictions", predictions::failure);
        health.register("predicting", predictions::problem);
    }

    void registry(LiveRegistry live) {
        vital("live-registry", live::failure);
        health.registerDegrading("registry-view", () -> {
            Duration age = live.age();
            return age.compareTo(OLD) > 0
                    ? Optional.of(
                            "what the API answers is " + age.toSeconds() + " s old; see that Kafka can be reached")
                    : Optional.empty();
        });
    }

    void console(Console console) {
        vital("console", console::failure);
    }

    /** Lets metrics tell what the checks find. */
    void showIn(Metrics metrics) {
        metrics.watch(health);
    }

    private void vital(String name, Supplier<Optional<Throwable>> failure) {
        health.registerVital(name, () -> failure.get().map(HealthChecks::describe));
    }

    private static Optional<String> unheard(Subscription<?> subscription) {
        return subscription
                .sinceHeard()
                .filter(age -> age.compareTo(OLD) > 0)
                .map(age -> "a newer version would not be seen: " + age(subscription)
                        + "; see that Kafka and the registry's topic can be reached");
    }

    private static String age(Subscription<?> subscription) {
        return subscription
                .sinceHeard()
                .map(age -> String.format(Locale.ROOT, "the registry was heard %.1f s ago", age.toMillis() / 1000.0))
                .orElse("the registry was not heard yet");
    }

    private static String describe(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
}
