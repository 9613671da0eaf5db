package dev.millrace.app;

import dev.millrace.app.console.Console;
import dev.millrace.ingest.IngestService;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.IngestTopics;
import dev.millrace.ingest.InputParser;
import dev.millrace.ingest.TopicCreation;
import dev.millrace.model.Compute;
import dev.millrace.model.Tokenizer;
import dev.millrace.monitoring.Health;
import dev.millrace.monitoring.Metrics;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.DeltaStore;
import dev.millrace.registry.DeploymentTopic;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryApi;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.SubscriptionBuilder;
import dev.millrace.registry.VersionTrust;
import dev.millrace.registry.WriteAccess;
import dev.millrace.trainer.ProgressReporter;
import dev.millrace.trainer.ProgressTopic;
import dev.millrace.trainer.TrainerService;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of Millrace that run in this process, wired to each other by topics alone. Closed in reverse order. */
final class Rooms implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Rooms.class);
    private static final Duration REGISTRY_PATIENCE = Duration.ofSeconds(60);

    private final Settings settings;
    private final Path directory;
    private final Clock clock;
    private final LongSupplier nanoTicker;
    private final Metrics metrics;
    private final Observers observers;
    private final UnaryOperator<ArtifactStore> trainerStore;
    private final Health health = new Health();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, Scorer> scorers = new LinkedHashMap<>();
    private final Map<String, Subscription<BatchedClassifier>> subscriptions = new LinkedHashMap<>();
    private final List<Supplier<Optional<Throwable>>> failures = new ArrayList<>();
    private @Nullable HttpServer http;
    private @Nullable TrainerService trainer;

    private Rooms(Settings settings, Surroundings around, Observers others, UnaryOperator<ArtifactStore> trainerStore) {
        this.settings = settings;
        this.trainerStore = trainerStore;
        this.directory = around.directory();
        this.clock = around.clock();
        this.nanoTicker = around.nanoTicker();
        this.metrics = opened(new Metrics(clock));
        this.observers = new Observers(metrics.ingest(), metrics.training(), metrics.registry()).and(others);
    }

    /**
     * Starts rooms: creates the topics that are missing, then opens each role.
     *
     * @param settings all of them
     * @param roles what this process does
     * @param around the folder that paths start from, and the clock
     * @param others who is told what happens, beside the metrics
     * @return rooms that work
     * @throws CommandException when Kafka, a folder or a port cannot be had
     */
    static Rooms start(Settings settings, Set<Role> roles, Surroundings around, Observers others) {
        return start(settings, roles, around, others, UnaryOperator.identity());
    }

    /**
     * Starts rooms whose trainer writes through a store of the caller's choice.
     *
     * @param settings all of them
     * @param roles what this process does
     * @param around the folder that paths start from, and the clock
     * @param others who is told what happens, beside the metrics
     * @param trainerStore what the trainer gets instead of the store
     * @return rooms that work
     * @throws CommandException when Kafka, a folder or a port cannot be had
     */
    static Rooms start(
            Settings settings,
            Set<Role> roles,
            Surroundings around,
            Observers others,
            UnaryOperator<ArtifactStore> trainerStore) {
        Rooms rooms = new Rooms(settings, around, others, trainerStore);
        try {
            rooms.open(EnumSet.copyOf(roles));
            return rooms;
        } catch (IOException e) {
            rooms.close();
            throw new CommandException("cannot use the data directory: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            rooms.close();
            throw e;
        }
    }

    private void open(Set<Role> roles) throws IOException {
        createTopics(settings, directory);
        DeltaStore store = opened(StoreOpening.open(settings, directory, clock));
        if (roles.contains(Role.SCORE) || roles.contains(Role.PREDICT)) {
            openSubscriptions(store);
        }
        if (roles.contains(Role.SCORE)) {
            subscriptions.forEach((model, subscription) -> scorers.put(model, new ServedModel(model, subscription)));
        }
        if (roles.contains(Role.REGISTRY)) {
            LiveRegistry live = openLiveRegistry();
            WriteAccess access = HttpAccess.of(settings.http(), directory);
            RegistryApi api = RegistryApi.of(live, access, clock);
            serve(Optional.of(api), Optional.of(openConsole(live, access, api)));
        } else {
            serve(Optional.empty(), Optional.empty());
        }
        if (roles.contains(Role.PREDICT)) {
            openPredict();
        }
        if (roles.contains(Role.INGEST)) {
            openIngest();
        }
        if (roles.contains(Role.TRAINER)) {
            openTrainer(trainerStore.apply(store));
        }
        if (roles.contains(Role.REGISTRY)) {
            opened(new StoreSweep(store, this::registry));
        }
        ProcessMetrics.show(metrics, settings, directory, roles, health);
    }

    /**
     * Creates the topics that are missing.
     *
     * @param settings their names and the cluster
     * @param directory that paths start from
     * @throws CommandException when no cluster answers
     */
    static void createTopics(Settings settings, Path directory) {
        List<NewTopic> topics = new ArrayList<>(IngestTopics.of(
                ingestSettings(settings, directory),
                settings.kafka().partitions(),
                settings.kafka().replicationFactor()));
        topics.addAll(RegistryTopic.all(
                settings.topics().modelRegistry(), settings.kafka().replicationFactor()));
        topics.add(DeploymentTopic.of(
                settings.topics().deployments(), settings.kafka().replicationFactor()));
        topics.add(ProgressTopic.of(
                settings.topics().trainingProgress(), settings.kafka().replicationFactor()));
        for (String topic :
                List.of(settings.topics().inputs(), settings.topics().predictions())) {
            topics.add(new NewTopic(
                    topic, settings.kafka().partitions(), settings.kafka().replicationFactor()));
        }
        try (Admin admin = Cluster.connect(settings.kafka())) {
            Set<String> created = TopicCreation.createMissing(admin, topics);
            LOG.info("Created the topics {}", created);
        }
    }

    static IngestSettings ingestSettings(Settings settings, Path directory) {
        return new IngestSettings(
                settings.kafka().bootstrapServers(),
                settings.ingest().applicationId(),
                settings.instanceId(),
                directory.resolve(settings.dataDirectory()).resolve("ingest"),
                new IngestSettings.Topics(
                        settings.topics().examples(),
                        settings.topics().trainingExamples(),
                        settings.topics().examplesRejected()),
                new LinkedHashSet<>(settings.models()),
                settings.ingest().maxTextCharacters(),
                settings.ingest().maxRecordBytes(),
                settings.ingest().deduplicationWindow(),
                settings.ingest().threads(),
                settings.kafka().client());
    }

    private void openIngest() {
        Tokenizer tokenizer = opened(Learning.tokenizer(settings, directory));
        IngestService ingest = opened(ingest(tokenizer));
        ingest.start();
        opened(metrics.watch(ingest));
        failures.add(ingest::failure);
        health.registerVital("ingest", () -> ingest.failure().map(Rooms::describe));
        health.register(
                "ingest-running",
                () -> ingest.isHealthy() ? Optional.empty() : Optional.of("the topology is " + ingest.state()));
    }

    private IngestService ingest(Tokenizer tokenizer) {
        try {
            return new IngestService(
                    ingestSettings(settings, directory),
                    (model, text) -> tokenizer.hasTokens(text),
                    observers.ingest());
        } catch (IllegalStateException e) {
            throw new CommandException(
                    e.getMessage() + "; give each process on a machine a data-directory of its own", e);
        }
    }

    private void openTrainer(ArtifactStore store) {
        ProgressReporter reporter = opened(Learning.reporter(settings, clock, nanoTicker));
        TrainerService started = opened(trainer(store, observers.and(reporter).training()));
        trainer = started;
        opened(metrics.watch(started.consumer()));
        failures.add(started::failure);
        health.registerVital("trainer", () -> started.failure().map(Rooms::describe));
    }

    private TrainerService trainer(ArtifactStore store, TrainingObserver observer) {
        try {
            return TrainerService.start(
                    Learning.trainer(settings),
                    Learning.base(settings, directory),
                    Learning.compute(settings.trainer()),
                    store,
                    Signing.signer(settings.registry(), directory),
                    observer,
                    observers.registry(),
                    clock,
                    nanoTicker);
        } catch (IllegalArgumentException e) {
            throw new CommandException("the settings of trainer do not fit the model: " + e.getMessage(), e);
        }
    }

    private void openSubscriptions(ArtifactStore store) {
        Compute compute = Learning.compute(settings.trainer());
        VersionTrust trust = Signing.trust(settings.registry(), directory);
        for (String model : settings.models()) {
            Subscription<BatchedClassifier> subscription = opened(subscription(model, store, compute, trust));
            subscriptions.put(model, subscription);
            failures.add(subscription::failure);
            health.registerVital(
                    "subscription-" + model, () -> subscription.failure().map(Rooms::describe));
            health.register("serving-" + model, () -> notServing(model, subscription), () -> age(subscription));
        }
    }

    private Subscription<BatchedClassifier> subscription(
            String model, ArtifactStore store, Compute compute, VersionTrust trust) {
        ScoreSettings score = settings.score();
        SubscriptionBuilder<BatchedClassifier> builder = Subscription.to(
                        model + "@" + score.alias(),
                        settings.kafka().clientProperties(),
                        store,
                        new BatchedLoader(new ModelLoader(compute), score, metrics.scoring(), nanoTicker))
                .topic(settings.topics().modelRegistry())
                .deployments(settings.topics().deployments(), score.reportEvery())
                .trust(trust)
                .observer(observers.registry())
                .clock(clock);
        if (settings.instanceId() != null) {
            builder.instance(settings.instanceId());
        }
        if (!score.canaryAlias().isEmpty()) {
            builder.canary(score.canaryAlias(), score.canaryShare());
        }
        if (!score.shadowAlias().isEmpty()) {
            builder.shadow(score.shadowAlias());
        }
        return builder.start();
    }

    private static String age(Subscription<BatchedClassifier> subscription) {
        return subscription
                .sinceHeard()
                .map(age -> String.format(Locale.ROOT, "the registry was heard %.1f s ago", age.toMillis() / 1000.0))
                .orElse("the registry was not heard yet");
    }

    private void openPredict() {
        Map<String, AnsweringModel> models = new LinkedHashMap<>();
        subscriptions.forEach((model, subscription) -> models.put(
                model,
                new AnsweringModel(
                        new SubscribedModel(subscription),
                        () -> subscription.current().isPresent())));
        PredictionSettings predicting = PredictionSettings.of(settings);
        InputParser parser = new InputParser(
                new LinkedHashSet<>(settings.models()),
                settings.ingest().maxTextCharacters(),
                settings.ingest().maxRecordBytes());
        PredictionService service = opened(PredictionService.start(
                predicting,
                new InputAnswering(predicting, parser, models, clock),
                metrics.scoring(),
                observers.ingest()));
        opened(metrics.watch(service.consumer()));
        failures.add(service::failure);
        health.registerVital("predictions", () -> service.failure().map(Rooms::describe));
        health.register("predicting", service::problem);
    }

    private static Optional<String> notServing(String model, Subscription<BatchedClassifier> subscription) {
        return subscription.current().isPresent()
                ? Optional.empty()
                : Optional.of("no version of " + model + " is served yet");
    }

    private LiveRegistry openLiveRegistry() {
        LiveRegistry live = opened(LiveRegistry.follow(
                settings.kafka().clientProperties(),
                settings.topics().modelRegistry(),
                settings.topics().deployments(),
                nanoTicker));
        failures.add(live::failure);
        health.registerVital("live-registry", () -> live.failure().map(Rooms::describe));
        return live;
    }

    private Console openConsole(LiveRegistry live, WriteAccess access, RegistryApi api) {
        Console.Actions actions = ConsoleActions.of(settings, directory, api, scoring(), subscriptions, open::push);
        Console console = opened(ConsoleOpening.open(settings, live, access, actions, health, clock, nanoTicker));
        failures.add(console::failure);
        health.registerVital("console", () -> console.failure().map(Rooms::describe));
        return console;
    }

    private void serve(Optional<RegistryApi> registry, Optional<Console> console) {
        http = opened(HttpServer.start(
                settings.http(),
                new HttpServer.Routes(
                        metrics::scrape,
                        () -> HealthReport.of(health.live()),
                        () -> HealthReport.of(health.ready()),
                        scoring(),
                        registry,
                        console)));
    }

    private ScoreEndpoint scoring() {
        return new ScoreEndpoint(scorers, settings.ingest().maxTextCharacters());
    }

    private static String describe(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private <T extends AutoCloseable> T opened(T part) {
        open.push(part);
        return part;
    }

    /** {@return where metrics and scoring are reached} */
    URI address() {
        if (http == null) {
            throw new IllegalStateException("the rooms are not open");
        }
        return http.address();
    }

    /** {@return what answers for a model; empty when this process does not score} */
    Optional<Scorer> scorer(String model) {
        return Optional.ofNullable(scorers.get(model));
    }

    /** {@return what follows the versions of a model; empty when this process does not score} */
    Optional<Subscription<BatchedClassifier>> subscription(String model) {
        return Optional.ofNullable(subscriptions.get(model));
    }

    /** {@return engine, device, precision and threads of training; empty when this process does not train} */
    Map<String, String> runtime() {
        return trainer == null ? Map.of() : trainer.runtime();
    }

    /** {@return everything that ever happened to the models, as it is in the topic now} */
    ModelRegistry registry() {
        return RegistryReader.readAll(
                settings.kafka().clientProperties(), settings.topics().modelRegistry(), REGISTRY_PATIENCE);
    }

    /** {@return why a room stopped by itself, or empty while all of them work} */
    Optional<Throwable> failure() {
        return failures.stream().map(Supplier::get).flatMap(Optional::stream).findFirst();
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            AutoCloseable part = open.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("{} did not close cleanly", part.getClass().getSimpleName(), e);
            }
        }
    }
}
