package dev.millrace.trainer;

import dev.millrace.registry.LogContext;
import dev.millrace.registry.Pin;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
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
    private final Map<String, OpenModel> models = new TreeMap<>();
    private @Nullable RuntimeException callbackFailure;
    private boolean joined;
    private boolean isOwnerInDoubt;

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
        this.times = new TimeSheet(observer, nanoTime);
        this.intake = new Intake(consumer, models, arrivals, times, observer, nanoTime);
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
        for (OpenModel open : List.copyOf(models.values())) {
            ModelTraining training = open.training();
            LogContext context = LogContext.model(training.model()).offset(training.nextOffset());
            if (context.around(() -> turn(open))) {
                learned++;
            }
        }
        return learned;
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
        for (OpenModel open : List.copyOf(models.values())) {
            complete(open);
            if (isHeld(open) && open.pending() == null && open.training().hasLearnedSinceVersion()) {
                versions.begin(open);
                complete(open);
            }
        }
    }

    private void complete(OpenModel open) {
        if (isHeld(open) && !versions.complete(open, models.values(), consumer.groupMetadata())) {
            LOG.warn("{} are dropped here, and learned on by the trainer that took over", models.keySet());
            leave();
        }
    }

    /** A model is held until its partition goes; a fenced publisher drops them all, in the middle of a turn. */
    private boolean isHeld(OpenModel open) {
        return models.get(open.training().model()) == open;
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
            LOG.warn("{} are dropped here; joining the group again", models.keySet());
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
            models.put(open.training().model(), earlier);
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
            LOG.warn("{} are dropped here; joining the group again", models.keySet());
            leave();
        }
    }

    private void publishWritten() {
        for (OpenModel open : List.copyOf(models.values())) {
            if (isHeld(open)) {
                advance(open);
            }
        }
    }

    private void advance(OpenModel open) {
        boolean pending = open.pending() != null;
        times.until(TrainingActivity.OTHER);
        boolean owner = versions.advance(open, models.values(), consumer.groupMetadata());
        times.until(pending && open.pending() == null ? TrainingActivity.PUBLISH : TrainingActivity.OTHER);
        if (!owner) {
            LOG.warn("{} are dropped here; joining the group again", models.keySet());
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
            for (OpenModel open : List.copyOf(models.values())) {
                isOwnerInDoubt |= partitions.contains(open.partition()) && !isOwnerInDoubt && !isHandedOver(open);
            }
        } catch (RuntimeException e) {
            callbackFailure = e;
            throw e;
        }
    }

    private boolean isHandedOver(OpenModel open) {
        boolean owner = versions.complete(open, models.values(), consumer.groupMetadata());
        if (owner && open.pending() == null && open.training().hasLearnedSinceVersion()) {
            versions.begin(open);
            owner = versions.complete(open, models.values(), consumer.groupMetadata());
        }
        return owner;
    }

    /** Drops all models: what was learned since their newest versions is learned again by whoever opens them next. */
    private void leave() {
        drop(models.values().stream().map(OpenModel::partition).toList());
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
            for (OpenModel open : opener.open(partitions)) {
                models.put(open.training().model(), open);
                versions.deleteSuperseded(open.training().model());
                tellOpened(open);
            }
        } catch (RuntimeException e) {
            callbackFailure = e;
            throw e;
        }
    }

    private void tellOpened(OpenModel open) {
        ModelTraining training = open.training();
        observer.opened(training.model(), open.partition().partition(), training.standing());
    }

    private void close(OpenModel open) {
        open.close();
        observer.closed(open.training().model());
    }

    private void drop(Collection<TopicPartition> partitions) {
        partitions.forEach(intake::forget);
        models.values().removeIf(open -> {
            boolean dropped = partitions.contains(open.partition());
            if (dropped) {
                close(open);
            }
            return dropped;
        });
    }

    /** Drops the models and closes the publisher. The consumer stays open, for it was given. */
    @Override
    public void close() {
        models.values().forEach(this::close);
        models.clear();
        versions.close();
    }
}
