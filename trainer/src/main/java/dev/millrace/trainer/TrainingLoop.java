package dev.millrace.trainer;

import dev.millrace.ingest.ExampleJson;
import dev.millrace.registry.Alias;
import dev.millrace.registry.FencedException;
import dev.millrace.registry.IndefiniteOutcomeException;
import dev.millrace.registry.PublishFailedException;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the ledger, learns it, and publishes versions: the trainer, one turn at a time.
 *
 * <p>Which models it holds is decided by the consumer group: one model is one key is one partition, so whoever has the
 * partition trains the model. Every assignment starts from the newest version in the registry, and from the offset that
 * is written there; nothing else is remembered. Not thread-safe: {@link TrainerService} owns the thread.
 */
final class TrainingLoop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrainingLoop.class);
    private static final Duration WAIT_FOR_EXAMPLES = Duration.ofMillis(50);

    private final TrainerSettings settings;
    private final Consumer<byte[], byte[]> consumer;
    private final Supplier<VersionPublisher> publishers;
    private final PartitionOpener opener;
    private final VersionWriter writer;
    private final ExecutorService writerThread;
    private final SupersededStates superseded;
    private final TrainingObserver observer;
    private final RegistryObserver registryObserver;
    private final LongSupplier nanoTime;
    private final Map<String, OpenModel> models = new TreeMap<>();
    private VersionPublisher publisher;

    TrainingLoop(
            TrainerSettings settings,
            Consumer<byte[], byte[]> consumer,
            Supplier<VersionPublisher> publishers,
            PartitionOpener opener,
            VersionWriter writer,
            ExecutorService writerThread,
            SupersededStates superseded,
            TrainingObserver observer,
            RegistryObserver registryObserver,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.consumer = consumer;
        this.publishers = publishers;
        this.publisher = publishers.get();
        this.opener = opener;
        this.writer = writer;
        this.writerThread = writerThread;
        this.superseded = superseded;
        this.observer = observer;
        this.registryObserver = registryObserver;
        this.nanoTime = nanoTime;
        join();
    }

    /**
     * Takes one turn: publishes what is durable, receives examples, learns at most one mini-batch of each model, and
     * begins versions that are due.
     *
     * @return how many mini-batches were learned; 0 when there was nothing to learn
     */
    int runOnce() {
        publishWritten();
        if (models.values().stream().noneMatch(open -> open.training().hasMiniBatch())) {
            receive();
        }
        int learned = 0;
        for (OpenModel open : List.copyOf(models.values())) {
            if (learn(open)) {
                learned++;
            }
            if (open.training().isVersionDue()) {
                beginVersion(open);
            }
        }
        return learned;
    }

    private void receive() {
        for (ConsumerRecord<byte[], byte[]> received : consumer.poll(WAIT_FOR_EXAMPLES)) {
            String model = new String(received.key(), StandardCharsets.UTF_8);
            OpenModel open = models.get(model);
            if (open == null) {
                continue; // a job that is not ours to train; its partition is shared with one that is
            }
            open.training()
                    .append(
                            received.offset(),
                            Instant.ofEpochMilli(received.timestamp()),
                            ExampleJson.read(received.value()));
            open.arrived(nanoTime.getAsLong());
        }
        models.values().forEach(this::tellLag);
    }

    private boolean learn(OpenModel open) {
        ModelTraining training = open.training();
        Optional<StepReport> report = training.learnNext();
        boolean idle = open.idleNanos(nanoTime.getAsLong())
                >= settings.policy().idleFlush().toNanos();
        if (report.isEmpty() && idle && training.hasNews() && !open.isWriting()) {
            report = training.flush();
        }
        report.ifPresent(step -> {
            observer.stepped(training.model(), step);
            tellLag(open);
        });
        return report.isPresent();
    }

    private void beginVersion(OpenModel open) {
        // One at a time, so that a slow disk is felt as lag and not as memory.
        while (open.isWriting()) {
            publish(open);
            if (models.get(open.training().model()) != open) {
                return;
            }
        }
        long started = nanoTime.getAsLong();
        Checkpoint checkpoint = open.training().checkpoint();
        String model = open.training().model();
        observer.snapshot(model, Duration.ofNanos(nanoTime.getAsLong() - started));
        Long parent = open.newestVersion();
        long version = parent == null ? 1 : parent + 1;
        TopicPartition partition = open.partition();
        open.startWriting(
                version,
                writerThread.submit(() ->
                        writer.write(model, version, parent, partition.topic(), partition.partition(), checkpoint)));
    }

    private void publishWritten() {
        for (OpenModel open : List.copyOf(models.values())) {
            if (open.isWritten()) {
                publish(open);
            }
        }
    }

    /** Version, alias and consumed offset become visible together, or not at all. */
    private void publish(OpenModel open) {
        WrittenVersion written = await(open.takeWriting());
        VersionRecord version = written.record();
        Alias champion = new Alias(
                version.model(), Alias.CHAMPION, version.version(), version.time(), "trainer", "newest version");
        try {
            publisher.publish(version, List.of(champion), consumed(open, version), consumer.groupMetadata());
        } catch (FencedException e) {
            LOG.warn("Another trainer has taken over; {} is dropped here and joins again", models.keySet(), e);
            rejoin();
            return;
        } catch (IndefiniteOutcomeException e) {
            LOG.warn(
                    "It is not known whether version {} was published; reading the registry again",
                    version.version(),
                    e);
            rejoin();
            return;
        } catch (PublishFailedException e) {
            LOG.warn("Version {} of {} waits to be published again", version.version(), version.model(), e);
            open.startWriting(version.version(), CompletableFuture.completedFuture(written));
            return;
        }
        open.published(version);
        registryObserver.published(version, written.writing());
        // Reads the registry and deletes files, for neither of which the next step has to wait.
        writerThread.execute(() -> superseded.deleteOf(version.model()));
    }

    private Map<TopicPartition, OffsetAndMetadata> consumed(OpenModel open, VersionRecord version) {
        long offset = models.values().stream()
                .filter(other -> other != open && other.partition().equals(open.partition()))
                .mapToLong(OpenModel::publishedOffset)
                .reduce(version.position().nextOffset(), Math::min);
        return Map.of(open.partition(), new OffsetAndMetadata(offset));
    }

    private static WrittenVersion await(Future<WrittenVersion> writing) {
        try {
            return writing.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WakeupException();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw new UncheckedIOException("A version could not be written: " + cause.getMessage(), cause);
            }
            throw new IllegalStateException("A version could not be written", e.getCause());
        }
    }

    private void tellLag(OpenModel open) {
        long fetched = open.training().waiting();
        consumer.currentLag(open.partition())
                .ifPresent(behind -> observer.lag(open.training().model(), behind + fetched));
    }

    private void join() {
        consumer.subscribe(List.of(settings.ledgerTopic()), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                open(partitions);
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                drop(partitions);
            }
        });
    }

    private void rejoin() {
        drop(models.values().stream().map(OpenModel::partition).toList());
        consumer.unsubscribe();
        publisher.close();
        publisher = publishers.get();
        join();
    }

    private void open(Collection<TopicPartition> partitions) {
        for (OpenModel open : opener.open(partitions)) {
            models.put(open.training().model(), open);
        }
    }

    private void drop(Collection<TopicPartition> partitions) {
        models.values().removeIf(open -> {
            boolean dropped = partitions.contains(open.partition());
            if (dropped) {
                open.close();
            }
            return dropped;
        });
    }

    @Override
    public void close() {
        models.values().forEach(OpenModel::close);
        models.clear();
        consumer.close();
        publisher.close();
    }
}
