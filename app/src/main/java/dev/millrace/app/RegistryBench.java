package dev.millrace.app;

import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryEntry;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.VersionLoader;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** A registry of a given size, and how long readers and subscribers take with it. For one thread. */
final class RegistryBench {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int RECORDS_AT_ONCE = 500;
    private static final int LABELS = 77;
    private static final int SETTINGS = 60;
    private static final String ROLE = "weights";

    private final Surroundings around;
    private final Map<String, Object> client;
    private final String topic;
    private final int models;
    private final int versions;

    /**
     * Over a cluster that has the topics.
     *
     * @param models at least 1
     * @param versions of all models together, at least two of each
     */
    RegistryBench(Surroundings around, Settings settings, int models, int versions) {
        this.around = around;
        this.client = settings.kafka().clientProperties();
        this.topic = settings.topics().modelRegistry();
        this.models = models;
        this.versions = versions;
    }

    /** Publishes all versions, each of 77 labels, 60 settings and one small file, and each the champion of its model in turn. */
    void fill(VersionPublisher publisher, Artifact artifact, LongConsumer progress) {
        List<RegistryEntry> batch = new ArrayList<>();
        for (int i = 0; i < versions; i++) {
            VersionRecord version = version(i % models, i / models + 1L, artifact);
            batch.add(version);
            batch.add(champion(version.model(), version.version()));
            if (batch.size() >= RECORDS_AT_ONCE || i == versions - 1) {
                publisher.change(batch, List.of());
                batch.clear();
                progress.accept(i + 1L);
            }
        }
    }

    /** Reads the topic from its beginning and makes the view, as one who takes over does, in milliseconds. */
    double fold() {
        long begun = around.nanoTicker().getAsLong();
        // What was just published is committed, but not yet readable to one who does not wait for it.
        ModelRegistry registry = RegistryReader.readSettled(client, topic, PATIENCE);
        double millis = since(begun);
        long read = registry.models().stream()
                .mapToLong(model -> registry.versions(model).size())
                .sum();
        if (read != versions) {
            throw new IllegalStateException(versions + " versions were published, but " + read + " are read");
        }
        return millis;
    }

    /**
     * Moves the champion of the first model to and fro, and waits each time until a subscriber serves the version.
     *
     * @param count how often
     * @return from the beginning of each promotion's transaction to serving, in milliseconds
     */
    List<Double> promote(VersionPublisher publisher, ArtifactStore store, int count, LongConsumer progress)
            throws InterruptedException {
        BlockingQueue<Served> served = new LinkedBlockingQueue<>();
        List<Double> millis = new ArrayList<>();
        try (Subscription<Loaded> subscription = Subscription.<Loaded>to(model(0), client, store, new SizeLoader())
                .topic(topic)
                .unreported()
                .observer(new Notes(served))
                .start()) {
            long last = subscription.awaitVersion(PATIENCE).version();
            served.clear();
            for (int i = 0; i < count; i++) {
                long next = last == 1 ? 2 : 1;
                long begun = around.nanoTicker().getAsLong();
                publisher.change(List.of(champion(model(0), next)), List.of());
                millis.add((await(served, next) - begun) / 1e6);
                last = next;
                progress.accept(i + 1L);
            }
        }
        return millis;
    }

    private static long await(BlockingQueue<Served> served, long version) throws InterruptedException {
        Served next = served.poll(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        if (next == null || next.version() != version) {
            throw new IllegalStateException("version " + version + " was promoted, but served is " + next);
        }
        return next.nanos();
    }

    private record Served(long version, long nanos) {}

    private final class Notes implements RegistryObserver {

        private final BlockingQueue<Served> served;

        Notes(BlockingQueue<Served> served) {
            this.served = served;
        }

        @Override
        public void swapped(VersionRecord version, Duration loading, Duration freshness) {
            served.add(new Served(version.version(), around.nanoTicker().getAsLong()));
        }
    }

    private record Loaded(long bytes) implements AutoCloseable {

        @Override
        public void close() {
            // A number holds nothing.
        }
    }

    private static final class SizeLoader implements VersionLoader<Loaded> {

        @Override
        public Set<String> roles() {
            return Set.of(ROLE);
        }

        @Override
        public Loaded load(VersionRecord version, Map<String, Path> filesByRole) throws IOException {
            return new Loaded(Files.size(filesByRole.values().iterator().next()));
        }
    }

    /** The file that every version has. */
    static Artifact file(ArtifactStore store) throws IOException {
        return store.put(ROLE, out -> out.write(new byte[1]));
    }

    private Alias champion(String model, long version) {
        return new Alias(model, Alias.CHAMPION, version, null, now(), "bench", "measured");
    }

    private VersionRecord version(int model, long version, Artifact artifact) {
        Map<String, String> settings = new TreeMap<>();
        IntStream.range(0, SETTINGS).forEach(i -> settings.put("setting-" + i, Integer.toString(i)));
        return new VersionRecord(
                model(model),
                version,
                now(),
                version == 1 ? null : version - 1,
                "none",
                List.of(artifact),
                IntStream.range(0, LABELS).mapToObj(i -> "label-" + i).toList(),
                new LogPosition("training-examples", 0, version * 1000),
                version * 1000,
                version * 32,
                now(),
                settings,
                "",
                Map.of("prequential_accuracy", 0.9, "loss", 0.5),
                Map.of("device", "none"),
                null);
    }

    private Instant now() {
        return around.clock().instant();
    }

    private static String model(int number) {
        return "model-" + number;
    }

    private double since(long begun) {
        return (around.nanoTicker().getAsLong() - begun) / 1e6;
    }
}
