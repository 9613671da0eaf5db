package dev.millrace.trainer;

import dev.millrace.registry.LogContext;
import dev.millrace.registry.Pin;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
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

    /** For a model without a job it is asked no more often than this whether there is one. */
    private static final Duration JOBS_PAUSE = Duration.ofSeconds(1);

    private final TrainerSettings settings;
    private final Consumer<byte[], byte[]> consumer;
    private final PartitionOpener opener;
    private final VersionPipeline versions;
    private final AutomaticRollback rollback;
    private final TrainingObserver observer;
    private final Intake intake;
    private final TimeSheet times;
    private final LedgerCheck ledgerCheck;
    private final LongSupplier nanoTime;
    private final HeldModels models;
    private @Nullable RuntimeException callbackFailure;
    private boolean joined;
    private boolean isOwnerInDoubt;
    private long lookedForJobsNanos;

    TrainingLoop(
            TrainerSettings settings,
            Consumer<byte[], byte[]> consumer,
            Arrivals arrivals,
            PartitionOpener opener,
            VersionPipeline versions,
            AutomaticRollback rollback,
            TrainingObserver observer,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.consumer = consumer;
        this.opener = opener;
        this.versions = versions;
        this.rollback = rollback;
        this.observer = observer;
        this.ledgerCheck = new LedgerCheck(settings.ledgerTopic(), consumer, nanoTime.getAsLong());
        this.nanoTime = nanoTime;
        this.lookedForJobsNanos = nanoTime.getAsLong() - JOBS_PAUSE.toNanos();
        this.times = new TimeSheet(observer, nanoTime);
        this.models = new HeldModels(consumer, arrivals);
        this.intake = new Intake(consumer, models, this::wake, arrivals, times, observer, nanoTime);
        join();
    }

    /**
     * Takes one turn: publishes what is durable, receives examples, learns at most one mini-batch of each model, and
     * begins versions that are due.
     *
     * @return how many mini-batches were learned; 0 when there was nothing to learn
     */
    int runOnce() {
        if (!joined) {
            rejoin();
        }
        publishWritten();
        if (joined) {
            receive();
        }
        int learned = 0;
        for (OpenModel open : models.open()) {
            ModelTraining training = open.training();
            LogContext context = LogContext.model(training.model()).offset(training.nextOffset());
            if (context.around(() -> turn(open))) {
                learned++;
            }
        }
        letRest();
        return learned;
    }

    /** Lets go of models that have nothing to learn, where there are more in memory than may be. */
    private void letRest() {
        boolean rested = true;
        while (rested && models.openCount() > settings.openModels()) {
            Optional<OpenModel> idle = models.letRest();
            idle.ifPresent(OpenModel::close);
            rested = idle.isPresent();
        }
    }

    private boolean turn(OpenModel open) {
        boolean learned = isHeld(open) && !open.training().isVersionDue() && learn(open);
        if (isHeld(open) && open.training().isVersionDue()) {
            beginVersion(open);
        }
        if (isHeld(open)) {
            turnBack(open);
        }
        if (isHeld(open)) {
            watchChampion(open);
        }
        return learned;
    }

    /**
     * Makes and publishes a version of all that is learned and in none yet. What waits to be learned stays in the ledger:
     * a mini-batch is not closed by the end of a process. Waits for the store and for Kafka until it is interrupted.
     *
     * @throws org.apache.kafka.common.errors.InterruptException when interrupted; what is in no version is learned again
     */
    void finish() {
        for (OpenModel open : models.open()) {
            complete(open);
            if (isHeld(open) && open.pending() == null && open.training().hasLearnedSinceVersion()) {
                versions.begin(open);
                complete(open);
            }
        }
    }

    private void complete(OpenModel open) {
        if (isHeld(open) && !versions.complete(open, models, consumer.groupMetadata())) {
            LOG.warn("{} are dropped here, and learned on by the trainer that took over", models.names());
            leave();
        }
    }

    /** A model is held until its partition goes; a fenced publisher drops them all, in the middle of a turn. */
    private boolean isHeld(OpenModel open) {
        return models.holds(open);
    }

    private void receive() {
        callbackFailure = null;
        try {
            intake.receive();
        } catch (OffsetOutOfRangeException e) {
            throw ledgerCheck.outOfRange(e);
        } catch (KafkaException e) {
            RuntimeException own = callbackFailure;
            if (own instanceof RetriableException) {
                LOG.warn("Kafka did not answer while models changed hands; joining the group again", own);
                leave();
                return;
            }
            // Kafka wraps what the callback throws into words of its own, which say nothing.
            throw own == null ? e : own;
        }
        if (isOwnerInDoubt) {
            LOG.warn("{} are dropped here; joining the group again", models.names());
            leave();
        }
        ledgerCheck.requireThere(nanoTime.getAsLong());
    }

    private boolean learn(OpenModel open) {
        ModelTraining training = open.training();
        times.until(TrainingActivity.OTHER);
        boolean toLearn = training.hasMiniBatch();
        Optional<StepReport> report = training.learnNext();
        times.until(toLearn ? TrainingActivity.STEP : TrainingActivity.OTHER);
        boolean idle = open.idleNanos() >= settings.policy().idleFlush().toNanos();
        if (report.isEmpty() && idle && training.hasNews() && open.pending() == null && hasReadAll(open)) {
            report = training.flush();
        }
        report.ifPresent(step -> {
            open.watch().answered(step.fresh());
            observer.stepped(training.model(), step);
            intake.tellLag(open);
        });
        return report.isPresent();
    }

    /** Whether the ledger has nothing more, as far as is known: a busy trainer is not an idle producer. */
    private boolean hasReadAll(OpenModel open) {
        return intake.hasReadAll(open);
    }

    /** Begins a version when the one before is published: one at a time, so that a slow store is felt as lag. */
    private void beginVersion(OpenModel open) {
        advance(open);
        if (open.pending() == null && isHeld(open)) {
            times.until(TrainingActivity.OTHER);
            versions.begin(open);
            times.until(TrainingActivity.SNAPSHOT);
        }
    }

    /** Goes back in the ledger where a model asks for it: after a pause, or to learn again without what it must forget. */
    private void turnBack(OpenModel open) {
        open.training().takeSeek().ifPresent(offset -> seek(open.partition(), offset));
        if (open.training().demand().isPresent() && open.pending() == null) {
            rewind(open);
        }
    }

    private void rewind(OpenModel open) {
        try {
            OpenModel earlier = opener.rewind(open);
            models.put(earlier);
            open.close();
            intake.forget(open.partition());
            tellOpened(earlier);
        } catch (RetriableException e) {
            LOG.warn("Kafka did not answer while a model was taken back; joining the group again", e);
            leave();
        }
    }

    /** Only ever back: another model of the partition may not be as far, and knows what it has learned. */
    private void seek(TopicPartition partition, long offset) {
        consumer.seek(partition, Math.min(offset, consumer.position(partition)));
        intake.forget(partition);
    }

    private void watchChampion(OpenModel open) {
        Optional<Pin> pin = rollback.look(open);
        if (pin.isPresent() && !versions.takeBack(open, pin.get())) {
            LOG.warn("{} are dropped here; joining the group again", models.names());
            leave();
        }
    }

    private void publishWritten() {
        for (OpenModel open : models.open()) {
            if (isHeld(open)) {
                advance(open);
            }
        }
    }

    private void advance(OpenModel open) {
        boolean pending = open.pending() != null;
        times.until(TrainingActivity.OTHER);
        boolean owner = versions.advance(open, models, consumer.groupMetadata());
        times.until(pending && open.pending() == null ? TrainingActivity.PUBLISH : TrainingActivity.OTHER);
        if (!owner) {
            LOG.warn("{} are dropped here; joining the group again", models.names());
            leave();
        }
    }

    private void join() {
        consumer.subscribe(List.of(settings.ledgerTopic()), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                open(partitions);
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                handOver(partitions);
                drop(partitions);
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> partitions) {
                drop(partitions);
            }
        });
        joined = true;
    }

    /**
     * Publishes what the models of some partitions have learned, while these are still held, so that whoever takes them over
     * learns none of it again. The group waits for that.
     */
    private void handOver(Collection<TopicPartition> partitions) {
        try {
            for (OpenModel open : models.open()) {
                isOwnerInDoubt |= partitions.contains(open.partition()) && !isOwnerInDoubt && !isHandedOver(open);
            }
        } catch (RuntimeException e) {
            callbackFailure = e;
            throw e;
        }
    }

    private boolean isHandedOver(OpenModel open) {
        boolean owner = versions.complete(open, models, consumer.groupMetadata());
        if (owner && open.pending() == null && open.training().hasLearnedSinceVersion()) {
            versions.begin(open);
            owner = versions.complete(open, models, consumer.groupMetadata());
        }
        return owner;
    }

    /** Drops all models: what was learned since their newest versions is learned again by whoever opens them next. */
    private void leave() {
        drop(models.partitions());
        consumer.unsubscribe();
        joined = false;
        isOwnerInDoubt = false;
    }

    /** Joins the group with a new publisher; does nothing while Kafka does not answer, and the next turn tries again. */
    private void rejoin() {
        try {
            versions.renew();
        } catch (RetriableException e) {
            LOG.warn(
                    "Kafka does not answer; nothing is trained until it does, and nothing is lost: {}", e.getMessage());
            return;
        }
        join();
    }

    private void open(Collection<TopicPartition> partitions) {
        try {
            for (OpenModel open : opener.open(partitions, models)) {
                versions.deleteSuperseded(open.training().model());
                tellOpened(open);
            }
        } catch (RuntimeException e) {
            callbackFailure = e;
            throw e;
        }
    }

    /** Takes a model into memory of which a record has come; null when that is not to be learned, or comes again. */
    private @Nullable OpenModel wake(ConsumerRecord<byte[], byte[]> received) {
        String name = new String(received.key(), StandardCharsets.UTF_8);
        TopicPartition partition = new TopicPartition(received.topic(), received.partition());
        try {
            IdleModel held = models.idle(name);
            IdleModel idle = held == null ? find(name, partition) : held;
            boolean isAhead = consumer.position(partition) > received.offset();
            if (idle == null || !isAhead || received.offset() < idle.publishedOffset()) {
                return null;
            }
            OpenModel open = opener.wake(idle, models);
            tellOpened(open);
            return open;
        } catch (RetriableException e) {
            callbackFailure = e;
            throw e;
        }
    }

    /** A model whose job was created meanwhile; where there was none a moment ago, it is not looked for again. */
    private @Nullable IdleModel find(String name, TopicPartition partition) {
        long now = nanoTime.getAsLong();
        if (models.skipped(partition).mayHave(name) && now - lookedForJobsNanos < JOBS_PAUSE.toNanos()) {
            models.skip(partition, name);
            return null;
        }
        lookedForJobsNanos = now;
        Optional<IdleModel> found = opener.find(name, partition, models);
        if (found.isEmpty()) {
            models.skip(partition, name);
        } else if (models.skipped(partition).mayHave(name)) {
            opener.readAgain(found.get(), models);
            intake.forget(partition);
        }
        return found.orElse(null);
    }

    private void tellOpened(OpenModel open) {
        ModelTraining training = open.training();
        observer.opened(training.model(), open.partition().partition(), training.standing());
    }

    private void drop(Collection<TopicPartition> partitions) {
        partitions.forEach(intake::forget);
        HeldModels.Dropped dropped = models.drop(partitions);
        dropped.open().forEach(OpenModel::close);
        dropped.names().forEach(observer::closed);
    }

    /** Drops the models and closes the publisher. The consumer stays open, for it was given. */
    @Override
    public void close() {
        drop(models.partitions());
        versions.close();
    }
}
