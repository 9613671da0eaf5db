package dev.millrace.trainer;

import dev.millrace.ingest.DeadLetter;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.registry.Alias;
import dev.millrace.registry.FencedException;
import dev.millrace.registry.IndefiniteOutcomeException;
import dev.millrace.registry.LogContext;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.Pin;
import dev.millrace.registry.PublishFailedException;
import dev.millrace.registry.RegistryEntry;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a version from a learned model to the registry: copied between two steps, written on a thread of its own,
 * and published when its files are durable.
 *
 * <p>Not thread-safe: stepped by the training thread.
 */
final class VersionPipeline implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(VersionPipeline.class);

    /** A sweep of the store removes what no published version names, though not within a day. */
    private static final Duration UNNAMED_FILES_ARE_SAFE = Duration.ofHours(1);

    private final TrainerSettings settings;
    private final Supplier<VersionPublisher> publishers;
    private final VersionWriter writer;
    private final ExecutorService writerThread;
    private final SupersededStates superseded;
    private final TrainingObserver observer;
    private final RegistryObserver registryObserver;
    private final LongSupplier nanoTime;
    private VersionPublisher publisher;

    VersionPipeline(
            TrainerSettings settings,
            Supplier<VersionPublisher> publishers,
            VersionWriter writer,
            ExecutorService writerThread,
            SupersededStates superseded,
            TrainingObserver observer,
            RegistryObserver registryObserver,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.publishers = publishers;
        this.publisher = publishers.get();
        this.writer = writer;
        this.writerThread = writerThread;
        this.superseded = superseded;
        this.observer = observer;
        this.registryObserver = registryObserver;
        this.nanoTime = nanoTime;
    }

    /** Copies a model as it is now, and has the copy written. No other version of it may be under way. */
    void begin(OpenModel open) {
        long started = nanoTime.getAsLong();
        Snapshot snapshot = open.training().checkpoint();
        String model = open.training().model();
        observer.snapshot(model, Duration.ofNanos(nanoTime.getAsLong() - started));
        Long parent = open.parent();
        Long newest = open.newestVersion();
        long version = newest == null ? 1 : newest + 1;
        TopicPartition partition = open.partition();
        LogContext context = LogContext.model(model).version(version).offset(snapshot.nextOffset());
        PendingVersion pending = new PendingVersion(
                version,
                context,
                () -> context.around(() ->
                        writer.write(model, version, parent, partition.topic(), partition.partition(), snapshot)));
        pending.startWriting(writerThread, nanoTime.getAsLong());
        open.begun(pending);
    }

    /**
     * Takes the version of a model that is under way one step further, if that can be done now: publishes it when its
     * files are durable, and tries again what failed when it is time. Version, alias and consumed offset become visible
     * together, or not at all.
     *
     * @param open the model
     * @param held all models that this trainer holds
     * @param group of the consumer, as it is now
     * @return false when this trainer may no longer extend what it holds: it must drop all of it, {@link #renew} this, and
     *     read the registry again
     */
    boolean advance(OpenModel open, HeldModels held, ConsumerGroupMetadata group) {
        PendingVersion pending = open.pending();
        long now = nanoTime.getAsLong();
        if (pending == null || !pending.isReady(now)) {
            return true;
        }
        if (pending.isWriting()) {
            return pending.context().around(() -> finish(open, pending, held, group));
        }
        pending.startWriting(writerThread, now);
        return true;
    }

    /**
     * Takes the version of a model that is under way to its end, and waits for the store and for Kafka; each is asked once
     * more, whenever it failed last. The model keeps its version when it failed again.
     *
     * @return as {@link #advance} does
     * @throws org.apache.kafka.common.errors.InterruptException when interrupted
     */
    boolean complete(OpenModel open, HeldModels held, ConsumerGroupMetadata group) {
        PendingVersion pending = open.pending();
        if (pending == null) {
            return true;
        }
        if (!pending.isWriting()) {
            pending.startWriting(writerThread, nanoTime.getAsLong());
        }
        return pending.context().around(() -> finishLast(open, pending, held, group));
    }

    private boolean finishLast(OpenModel open, PendingVersion pending, HeldModels held, ConsumerGroupMetadata group) {
        boolean owner = finish(open, pending, held, group);
        if (owner && open.pending() != null) {
            LOG.warn(
                    "Version {} of {} is given up, for the trainer ends; examples from offset {} of {} on are learned"
                            + " again by the next",
                    pending.number(),
                    open.training().model(),
                    open.publishedOffset(),
                    open.partition());
        }
        return owner;
    }

    private boolean finish(OpenModel open, PendingVersion pending, HeldModels held, ConsumerGroupMetadata group) {
        try {
            return publish(open, pending, pending.written(), held, group);
        } catch (IOException e) {
            String model = open.training().model();
            observer.writeFailed(model, pending.number(), e);
            LOG.error(
                    "Version {} of {} could not be written to {}: {}. It stays in memory and is written again in {} s; until"
                            + " then {} learns no further, and its examples wait in the ledger. Make room, or give back"
                            + " the right to write there",
                    pending.number(),
                    model,
                    writer.where(),
                    e.toString(),
                    pending.failed(nanoTime.getAsLong()).toSeconds(),
                    model);
            return true;
        }
    }

    private boolean publish(
            OpenModel open,
            PendingVersion pending,
            WrittenVersion written,
            HeldModels held,
            ConsumerGroupMetadata group) {
        VersionRecord version = written.record();
        registryObserver.publishing(version);
        try {
            publisher.publish(version, decided(written), deadLetters(written), held.consumed(open, version), group);
        } catch (FencedException e) {
            if (TakenOver.isIn(e, settings.instanceId())) {
                throw e;
            }
            LOG.warn(
                    "Another trainer has taken over; version {} of {} is dropped",
                    version.version(),
                    version.model(),
                    e);
            return false;
        } catch (IndefiniteOutcomeException e) {
            LOG.warn(
                    "It is not known whether version {} of {} was published; reading the registry again",
                    version.version(),
                    version.model(),
                    e);
            return false;
        } catch (PublishFailedException e) {
            refused(open, pending, e);
            return true;
        }
        LOG.info(
                "Version {} of {} is published, learned from {} examples up to offset {} of {}-{}, {}",
                version.version(),
                version.model(),
                version.examples(),
                version.position().nextOffset(),
                version.position().topic(),
                version.position().partition(),
                written.judgement().serves() ? "and is champion" : "and is not champion");
        open.published(version, written.judgement().serves());
        registryObserver.published(version, written.writing());
        registryObserver.judged(written.judgement().verdict());
        deleteSuperseded(version.model());
        return true;
    }

    /**
     * Holds the champion's alias of a model at an earlier version.
     *
     * @return as {@link #advance} does
     */
    boolean takeBack(OpenModel open, Pin pin) {
        return LogContext.model(pin.model())
                .version(pin.version())
                .offset(open.training().nextOffset())
                .around(() -> holdAt(open, pin));
    }

    private boolean holdAt(OpenModel open, Pin pin) {
        try {
            publisher.change(List.of(pin), List.of());
        } catch (FencedException | IndefiniteOutcomeException e) {
            LOG.warn("It is not known whether version {} of {} is champion again", pin.version(), pin.model(), e);
            return false;
        } catch (PublishFailedException e) {
            LOG.warn(
                    "Version {} of {} could not be made champion again: {}",
                    pin.version(),
                    pin.model(),
                    e.getMessage());
            open.watch().cleared();
            return true;
        }
        open.watch().end();
        registryObserver.rolledBack(pin);
        LOG.warn(
                "The champion of {} is version {} again, and stays so until somebody promotes another or unpins it: {}",
                pin.model(),
                pin.version(),
                pin.reason());
        return true;
    }

    /** The verdict, and the aliases that move because of it. */
    static List<RegistryEntry> decided(WrittenVersion written) {
        VersionRecord version = written.record();
        Verdict verdict = written.judgement().verdict();
        List<RegistryEntry> decided = new ArrayList<>();
        decided.add(verdict);
        Long newest = version.version() == 1 ? null : Long.valueOf(version.version() - 1);
        decided.add(moved(version, Alias.CANDIDATE, newest, "the newest version"));
        if (verdict.passed()) {
            decided.add(moved(version, Alias.CHAMPION, written.judgement().pointed(), "passed the gate"));
        } else {
            LOG.warn(
                    "Version {} of {} does not become champion: {}",
                    version.version(),
                    version.model(),
                    verdict.findings().stream()
                            .filter(finding -> !finding.passed())
                            .map(Verdict.Finding::reason)
                            .collect(Collectors.joining("; ")));
        }
        return decided;
    }

    private static Alias moved(VersionRecord version, String alias, @Nullable Long before, String reason) {
        return new Alias(version.model(), alias, version.version(), before, version.time(), Gate.NAME, reason);
    }

    /** Deletes what is not needed any more; also what a trainer that died had published and not come to delete. */
    void deleteSuperseded(String model) {
        // Reads the registry and deletes files, for neither of which the next step has to wait.
        writerThread.execute(() -> LogContext.model(model).run(() -> superseded.deleteOf(model)));
    }

    private void refused(OpenModel open, PendingVersion pending, PublishFailedException e) {
        String model = open.training().model();
        observer.publishFailed(model, pending.number(), e);
        long now = nanoTime.getAsLong();
        if (pending.age(now).compareTo(UNNAMED_FILES_ARE_SAFE) > 0) {
            writer.writeBaseAgain();
            pending.writeAgain();
        }
        LOG.warn(
                "Version {} of {} could not be published: {}. It is tried again in {} s; until then {} learns no further,"
                        + " and its examples wait in the ledger. See that the brokers can be reached, and that the"
                        + " registry's topic is there and may be written to",
                pending.number(),
                model,
                e.getMessage(),
                pending.failed(now).toSeconds(),
                model);
        LOG.debug("Why version {} of {} could not be published", pending.number(), model, e);
    }

    private List<ProducerRecord<byte[], byte[]>> deadLetters(WrittenVersion written) {
        LogPosition position = written.record().position();
        return written.deadLetters().stream()
                .map(entry -> DeadLetter.of(
                        settings.rejectedTopic(),
                        new DeadLetter.Origin(
                                position.topic(),
                                position.partition(),
                                entry.offset(),
                                entry.timestamp().toEpochMilli()),
                        written.record().model().getBytes(StandardCharsets.UTF_8),
                        ExampleJson.write(entry.example()),
                        ModelTraining.NON_FINITE,
                        "its mini-batch gave a loss or a gradient that is not finite, twice"))
                .toList();
    }

    /** Takes a new publisher in the place of one that was fenced or does not know what it did. */
    void renew() {
        publisher.close();
        publisher = publishers.get();
    }

    /** Closes the publisher. What is being written is left to its thread. */
    @Override
    public void close() {
        publisher.close();
    }
}
