package dev.millrace.app;

import dev.millrace.app.console.Console;
import dev.millrace.ingest.IngestService;
import dev.millrace.ingest.TextProbe;
import dev.millrace.ingest.TopicCreation;
import dev.millrace.model.Compute;
import dev.millrace.monitoring.Metrics;
import dev.millrace.registry.Access;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.DeltaStore;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryApi;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.SubscriptionBuilder;
import dev.millrace.registry.VersionTrust;
import dev.millrace.trainer.ProgressReporter;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of Millrace that run in this process, wired to each other by topics alone. Closed in reverse order. */
final class Rooms implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Rooms.class);
    private static final Duration REGISTRY_PATIENCE = Duration.ofSeconds(60);

    private final Settings settings;
    private final Path directory;
    private final Bases bases;
    private final CatalogJobs created;
    private final Clock clock;
    private final LongSupplier nanoTicker;
    private final Metrics metrics;
    private final Observers observers;
    private final UnaryOperator<ArtifactStore> trainerStore;
    private final HealthChecks health;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, Scorer> scorers = new LinkedHashMap<>();
    private final Map<String, Subscription<BatchedClassifier>> subscriptions = new ConcurrentHashMap<>();
    private final List<Supplier<Optional<Throwable>>> failures = new ArrayList<>();
    private @Nullable HttpServer http;
    private @Nullable TrainerService trainer;
    private volatile @Nullable CreatedSubscriptions createdSubscriptions;

    private Rooms(Settings settings, Surroundings around, Observers others, UnaryOperator<ArtifactStore> trainerStore) {
        this.settings = settings;
        this.trainerStore = trainerStore;
        this.directory = around.directory();
        this.bases = new Bases(directory);
        this.clock = around.clock();
        this.nanoTicker = around.nanoTicker();
        this.created = opened(CatalogJobs.open(settings, bases, nanoTicker));
        this.metrics = opened(new Metrics(clock));
        this.health = new HealthChecks(clock);
        this.observers = new Observers(metrics.ingest(), metrics.training(), metrics.registry())
                .and(health.observers())
                .and(others);
        failures.add(new MemoryCeiling(settings.memoryCeilingBytes(), Memory::residentBytes)::failure);
    }

    /**
     * Starts rooms: creates the topics of the roles that are missing, then opens each role.
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
        health.starting("it waits for Kafka at " + settings.kafka().bootstrapServers());
        if (roles.contains(Role.SCORE)) {
            settings.models().forEach(model -> scorers.put(model, (texts, top) -> score(model, texts, top)));
        }
        Access access = HttpAccess.of(settings.http(), directory);
        HttpServer server = roles.contains(Role.REGISTRY)
                ? serveRegistry(access)
                : serve(access, Optional.empty(), Optional.empty());
        http = server;
        new KafkaReadiness(settings, directory).require(roles);
        health.starting("it opens the artifact store and its roles");
        DeltaStore store = opened(StoreOpening.open(settings, directory, clock));
        if (roles.contains(Role.SCORE) || roles.contains(Role.PREDICT)) {
            openSubscriptions(store, roles);
        }
        opened(server); // closed before what it asks
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
        ProcessMetrics.show(metrics, settings, directory, roles);
        health.showIn(metrics);
        health.started();
    }

    private Optional<ScoreResponse> score(String model, List<String> texts, int top) {
        Subscription<BatchedClassifier> subscription = subscriptions.get(model);
        return subscription == null ? Optional.empty() : new ServedModel(subscription).score(texts, top);
    }

    /**
     * Creates the topics that are missing.
     *
     * @param settings their names and the cluster
     * @param directory that paths start from
     * @throws CommandException when no cluster answers
     */
    static void createTopics(Settings settings, Path directory) {
        try (Admin admin = Cluster.connect(settings.kafka())) {
            Set<String> created = TopicCreation.createMissing(admin, NeededTopics.of(settings, directory));
            LOG.info("Created the topics {}", created);
        }
    }

    private void openIngest() {
        IngestService ingest = opened(ingest(opened(Tokenizers.of(settings, directory, created))));
        ingest.start();
        opened(metrics.watch(ingest));
        failures.add(ingest::failure);
        health.ingest(ingest);
    }

    private IngestService ingest(TextProbe probe) {
        try {
            return new IngestService(
                    NeededTopics.ingestSettings(settings, directory)
                            .with(settings.ingest().format()),
                    probe,
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
        health.trainer(started, settings.trainer().sessionTimeout());
    }

    private TrainerService trainer(ArtifactStore store, TrainingObserver observer) {
        try {
            return TrainerService.start(
                    Learning.trainer(settings, Learning.jobs(settings, bases)),
                    created,
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

    private void openSubscriptions(ArtifactStore store, Set<Role> roles) {
        Compute all = Learning.compute(settings.trainer());
        Compute compute = roles.contains(Role.TRAINER) ? all.withOneThread() : all;
        VersionTrust trust = Signing.trust(settings.registry(), directory);
        CreatedSubscriptions later =
                opened(new CreatedSubscriptions(created, model -> subscription(model, store, compute, trust)));
        createdSubscriptions = later;
        failures.add(later::failure);
        for (String model : settings.models()) {
            Subscription<BatchedClassifier> subscription = opened(subscription(model, store, compute, trust));
            subscriptions.put(model, subscription);
            failures.add(subscription::failure);
            health.subscription(model, subscription);
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

    private void openPredict() {
        PredictionService service = opened(PredictionService.start(
                PredictionSettings.of(settings),
                InputAnswering.of(settings, model -> following(model).map(AnsweringModel::of), clock),
                metrics.scoring(),
                observers.ingest()));
        opened(metrics.watch(service.consumer()));
        failures.add(service::failure);
        health.predictions(service);
    }

    private HttpServer serveRegistry(Access access) {
        LiveRegistry live = opened(follow());
        failures.add(live::failure);
        health.registry(live);
        RegistryApi api = RegistryApi.of(live, access, new JobCompletion(settings), clock);
        Console.Actions actions =
                ConsoleActions.of(settings, directory, created, api, scoring(), subscriptions, open::push);
        Console console = opened(ConsoleOpening.open(settings, live, access, actions, health, clock, nanoTicker));
        failures.add(console::failure);
        health.console(console);
        return serve(access, Optional.of(api), Optional.of(console));
    }

    private LiveRegistry follow() {
        try {
            return LiveRegistry.follow(
                    settings.kafka().clientProperties(),
                    settings.topics().modelRegistry(),
                    settings.topics().deployments(),
                    nanoTicker);
        } catch (KafkaException e) {
            throw Cluster.noClient(settings.kafka(), e);
        }
    }

    private HttpServer serve(Access access, Optional<RegistryApi> registry, Optional<Console> console) {
        return HttpServer.start(
                settings.http(),
                access,
                new HttpServer.Routes(
                        metrics::scrape, health::startup, health::live, health::ready, scoring(), registry, console),
                nanoTicker);
    }

    private ScoreEndpoint scoring() {
        return new ScoreEndpoint(
                scorers,
                CopiedModels.known(settings).unnamed(),
                this::createdScorer,
                settings.ingest().maxTextCharacters());
    }

    private Optional<Scorer> createdScorer(String model) {
        CreatedSubscriptions later = createdSubscriptions;
        return later == null || scorers.isEmpty() ? Optional.empty() : later.scorer(model);
    }

    /** What follows the versions of a model, be it one of the settings or one whose job was created since. */
    private Optional<Subscription<BatchedClassifier>> following(String model) {
        CreatedSubscriptions later = createdSubscriptions;
        return subscription(model).or(() -> later == null ? Optional.empty() : later.find(model));
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

    /** Asks every check how it fares, so that it is known since when; to be done every second or so. */
    void lookAtHealth() {
        health.ready();
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
        if (http != null) {
            http.close(); // where the rooms never came to be open
        }
    }
}
