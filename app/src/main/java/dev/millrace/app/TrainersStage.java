package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/**
 * What stays while the trainers of {@code bench trainers} come and go: the producer of examples, ingest, and the ledger of
 * all models, which is the same for every group of trainers. For use by one thread.
 */
final class TrainersStage implements AutoCloseable {

    private static final String ORIGIN = "bench trainers";
    private static final int BETWEEN_MODELS = 53;
    private static final Observers NOBODY =
            new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE);

    private final SettingsLoader loader;
    private final Path folder;
    private final Surroundings around;
    private final Settings settings;
    private final Map<String, EndlessSample> samples = new LinkedHashMap<>();
    private final Admin admin;
    private final Rooms ingest;
    private final ExampleProducer producer;
    private long produced;

    private TrainersStage(SettingsLoader loader, Path folder, Settings settings, Surroundings around) {
        this.loader = loader;
        this.folder = folder;
        this.around = around;
        this.settings = settings;
        // Models that learn the same in the same order are the same, and the store keeps the same content once.
        settings.models()
                .forEach(model -> samples.put(
                        model, new EndlessSample(model, around.clock().instant(), samples.size() * BETWEEN_MODELS)));
        this.admin = Cluster.connect(settings.kafka());
        this.ingest = Rooms.start(settings, EnumSet.of(Role.INGEST), around, NOBODY);
        this.producer = new ExampleProducer(
                settings.kafka().bootstrapServers(), settings.topics().examples(), Map.of(), Pace.unlimited());
    }

    /**
     * Sets a stage.
     *
     * @param loader with all that the user says; it is added to
     * @param folder of the whole run
     * @param broker of the whole run
     * @param around of the command
     */
    static TrainersStage set(SettingsLoader loader, Path folder, EmbeddedBroker broker, Surroundings around) {
        Settings settings = OwnBroker.settings(loader, folder.resolve("ingest"), broker);
        return new TrainersStage(loader, folder, settings, around);
    }

    /**
     * A place for a group of trainers, with topics of its own beside the ledger.
     *
     * @param name of the group
     * @param versionEveryExamples how often a version is made
     * @param named whether a process has the same instance id in all of its lives
     * @param step how long a step takes at least
     */
    TrainingSite site(String name, long versionEveryExamples, boolean named, Duration step) {
        try {
            Path own = Files.createDirectories(folder.resolve(name));
            EffectiveSettings effective = loader.put("topics.model-registry", name + "-registry", ORIGIN)
                    .put("topics.training-progress", name + "-progress", ORIGIN)
                    .put("trainer.group-id", name, ORIGIN)
                    .put("trainer.version-every-examples", Long.toString(versionEveryExamples), ORIGIN)
                    .put("registry.store", own.resolve("artifacts").toString(), ORIGIN)
                    .load();
            Rooms.createTopics(effective.settings(), own);
            return new TrainingSite(effective, own, named, step, around.nanoTicker());
        } catch (IOException e) {
            throw new CommandException("cannot use the folder " + folder + ": " + e.getMessage(), e);
        }
    }

    List<String> models() {
        return settings.models();
    }

    /**
     * Sends the stream of every model up to a place; does nothing when it is there already.
     *
     * @param examples how many in all of each model
     */
    void feedTo(long examples) {
        ingest.failure().ifPresent(failure -> {
            throw new IllegalStateException("ingest has stopped: " + failure.getMessage(), failure);
        });
        while (produced < examples) {
            samples.values().forEach(sample -> producer.send(sample.value(produced)));
            produced++;
        }
    }

    /** {@return how many examples of each model were sent} */
    long produced() {
        return produced;
    }

    /**
     * Waits until all that was sent is in the ledger.
     *
     * @param stop ends it early
     * @return the offsets of the examples, by model
     */
    Map<String, List<Long>> awaitLedger(StopSignal stop) {
        producer.flush();
        try (LedgerTail tail = new LedgerTail(settings)) {
            while (tail.acceptedCount() < produced * samples.size()) {
                if (stop.isAsked()) {
                    throw new CommandException("stopped before the end");
                }
                feedTo(0);
                if (tail.rejectedCount() > 0) {
                    throw new IllegalStateException("ingest has rejected examples: " + tail.rejected());
                }
                tail.poll(Duration.ofMillis(100));
            }
            Map<String, List<Long>> offsets = new TreeMap<>();
            models().forEach(model -> offsets.put(model, tail.offsets(model)));
            return offsets;
        }
    }

    /**
     * Asks the broker.
     *
     * @param prefix of transactional ids
     * @return those whose transaction is open at this moment
     */
    Set<String> openTransactions(String prefix) {
        return OpenTransactions.now(admin).stream()
                .filter(id -> id.startsWith(prefix))
                .collect(Collectors.toSet());
    }

    @Override
    public void close() {
        producer.close();
        ingest.close();
        admin.close();
    }
}
