package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Pace;
import dev.millrace.model.Classifier;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.VersionLoader;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;

/**
 * What stays while children of {@code bench kill} come and go: topics and a folder of their own, the producer of their
 * examples, and the witnesses: a subscriber that verifies every version it is served, and the registry and the ledger as
 * a reader of committed records sees them. For use by one thread.
 */
final class KillStage implements AutoCloseable {

    private static final String ORIGIN = "bench kill";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Settings settings;
    private final ChildProcess child;
    private final LongSupplier nanoTicker;
    private final EndlessSample sample;
    private final VersionAudit audit;
    private final Admin admin;
    private final ExampleProducer producer;
    private final Subscription<AutoCloseable> subscriber;
    private final Map<Long, String> refused = new ConcurrentHashMap<>();
    private long produced;

    private KillStage(Settings settings, ChildProcess child, LongSupplier nanoTicker, EndlessSample sample)
            throws IOException {
        this.settings = settings;
        this.child = child;
        this.nanoTicker = nanoTicker;
        this.sample = sample;
        this.audit = new VersionAudit(settings);
        this.admin = Cluster.connect(settings.kafka());
        this.producer = new ExampleProducer(
                settings.kafka().bootstrapServers(), settings.topics().examples(), Map.of(), Pace.unlimited());
        Path store = settings.registry().store();
        this.subscriber = Subscription.<AutoCloseable>to(
                        settings.models().get(0),
                        settings.kafka().clientProperties(),
                        FolderArtifactStore.open(store),
                        new FreshLook(store))
                .topic(settings.topics().modelRegistry())
                .unreported()
                .observer(new RegistryObserver() {
                    @Override
                    public void refused(VersionRecord version, Exception cause) {
                        refused.put(version.version(), String.valueOf(cause.getMessage()));
                    }
                })
                .start();
    }

    /**
     * Sets a stage.
     *
     * @param loader with all that the user says
     * @param name of the stage, part of its topics, groups and folder
     * @param folder of the whole run
     * @param broker of the whole run
     * @param sample the stream
     * @param nanoTicker elapsed time
     */
    static KillStage set(
            SettingsLoader loader,
            String name,
            Path folder,
            EmbeddedBroker broker,
            EndlessSample sample,
            LongSupplier nanoTicker) {
        try {
            Path own = Files.createDirectories(folder.resolve(name));
            Settings settings = OwnBroker.settings(
                    loader.put("topic-prefix", name + "-", ORIGIN)
                            .put("trainer.group-id", name + "-trainer", ORIGIN)
                            .put("ingest.application-id", name + "-ingest", ORIGIN),
                    own,
                    broker);
            Rooms.createTopics(settings, own);
            ChildProcess child =
                    new ChildProcess(loader.load().entries(), own, folder.resolve("classes.jsa"), List.of());
            return new KillStage(settings, child, nanoTicker, sample);
        } catch (IOException e) {
            throw new CommandException("cannot use the folder " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Looks at the served files of a version through a store that was opened just now. */
    private record FreshLook(Path store) implements VersionLoader<AutoCloseable> {

        @Override
        public Set<String> roles() {
            return Classifier.ROLES;
        }

        @Override
        public Set<String> optionalRoles() {
            return Classifier.OPTIONAL_ROLES;
        }

        @Override
        public AutoCloseable load(VersionRecord version, Map<String, Path> filesByRole) throws IOException {
            FolderArtifactStore fresh = FolderArtifactStore.open(store);
            for (Artifact artifact : version.artifacts()) {
                if (roles().contains(artifact.role()) || optionalRoles().contains(artifact.role())) {
                    Path verified = fresh.fetch(artifact);
                    if (!Files.isSameFile(verified, filesByRole.getOrDefault(artifact.role(), store))) {
                        throw new IOException(artifact.role() + " was served from another place than " + verified);
                    }
                }
            }
            return () -> {};
        }
    }

    TrainingChild begin(TrainingChild.Listener listener) {
        return new TrainingChild(child.builder(), listener, nanoTicker);
    }

    /**
     * Sends the stream up to a place; does nothing when it is there already.
     *
     * @param examples how many in all
     */
    void feedTo(long examples) {
        while (produced < examples) {
            producer.send(sample.value(produced));
            produced++;
        }
    }

    /** {@return how many examples were sent} */
    long produced() {
        return produced;
    }

    /** {@return the model that is trained} */
    String model() {
        return settings.models().get(0);
    }

    /** {@return what is committed in the registry now} */
    ModelRegistry registry() {
        return RegistryReader.readAll(
                settings.kafka().clientProperties(), settings.topics().modelRegistry(), PATIENCE);
    }

    /** {@return who verifies and digests versions} */
    VersionAudit audit() {
        return audit;
    }

    /** {@return the versions that the subscriber refused, each with the reason} */
    Map<Long, String> refused() {
        return Map.copyOf(refused);
    }

    /** {@return the transactional ids whose transaction is open at the broker at this moment} */
    Set<String> openTransactions() {
        return OpenTransactions.now(admin);
    }

    /** {@return the transactional id of the trainer, which is the same in all lives} */
    String trainersTransaction() {
        return settings.trainer().groupId() + "-" + settings.instanceId();
    }

    /** {@return the prefix of ingest's transactional ids} */
    String ingestsTransactions() {
        return settings.ingest().applicationId() + "-";
    }

    /**
     * What became of the stream.
     *
     * @param lost examples that were sent and are not in the ledger
     * @param twice copies beyond the first
     * @param rejected dead letters
     */
    record Ledger(long lost, long twice, long rejected) {}

    /** Reads the whole ledger as a reader of committed records, and compares it with what was sent. */
    Ledger ledger() {
        producer.flush();
        Map<String, Integer> copies = new HashMap<>();
        try (LedgerTail tail = new LedgerTail(settings)) {
            while (!tail.isAtEnd()) {
                tail.poll(Duration.ofMillis(100));
            }
            List<LabelledExample> accepted = tail.accepted();
            accepted.forEach(example -> copies.merge(example.id(), 1, Integer::sum));
            long lost = 0;
            for (long i = 0; i < produced; i++) {
                lost += copies.containsKey(sample.id(i)) ? 0 : 1;
            }
            return new Ledger(lost, accepted.size() - copies.size(), tail.rejectedCount());
        }
    }

    @Override
    public void close() {
        subscriber.close();
        producer.close();
        admin.close();
    }
}
