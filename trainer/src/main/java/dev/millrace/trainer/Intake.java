package dev.millrace.trainer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Brings records from the ledger to the models that learn them, ahead of the steps: training waits for records only when
 * there are none. Not thread-safe: it belongs to the training thread, as the consumer does.
 */
final class Intake {

    private static final Duration WAIT_FOR_EXAMPLES = Duration.ofMillis(50);

    /** So often it is looked whether there is news of the models that seem to have none, while others learn. */
    private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();

    /** With fewer mini-batches than this at hand, more are fetched: an answer takes a turn or two to come. */
    private static final int MINI_BATCHES_AHEAD = 4;

    private final Consumer<byte[], byte[]> consumer;
    private final HeldModels models;
    private final Function<ConsumerRecord<byte[], byte[]>, @Nullable OpenModel> opening;
    private final Arrivals arrivals;
    private final TimeSheet times;
    private final TrainingObserver observer;
    private final LongSupplier nanoTime;
    private long lookedNanos;

    /**
     * Of the models that are held.
     *
     * @param models whichever are held at the moment
     * @param opening takes the model of a record into memory, or gives null when it is not to be learned from here; it may
     *     have the partition read from an earlier offset
     */
    Intake(
            Consumer<byte[], byte[]> consumer,
            HeldModels models,
            Function<ConsumerRecord<byte[], byte[]>, @Nullable OpenModel> opening,
            Arrivals arrivals,
            TimeSheet times,
            TrainingObserver observer,
            LongSupplier nanoTime) {
        this.consumer = consumer;
        this.models = models;
        this.opening = opening;
        this.arrivals = arrivals;
        this.times = times;
        this.observer = observer;
        this.nanoTime = nanoTime;
        this.lookedNanos = nanoTime.getAsLong();
    }

    /** Sees to it that there is something to learn where there is anything in the ledger, and waits only where there is not. */
    void receive() {
        arrivals.handOver();
        handOverToLearn();
        if (!canAnyLearn()) {
            TrainingActivity waiting =
                    models.open().stream().anyMatch(this::isBehind) ? TrainingActivity.WAITING : TrainingActivity.IDLE;
            // Whose version has to wait takes no more examples meanwhile: they would only pile up.
            fetch(WAIT_FOR_EXAMPLES, waiting, open -> open.training().isVersionDue());
            handOverToLearn();
        } else if (nanoTime.getAsLong() - lookedNanos >= LOOK_NANOS
                || !models.open().stream().allMatch(open -> hasEnough(open) || isFetched(open))) {
            fetch(Duration.ZERO, TrainingActivity.OTHER, this::hasEnough);
        }
    }

    private boolean canAnyLearn() {
        return models.open().stream()
                .map(OpenModel::training)
                .anyMatch(training -> training.hasMiniBatch() && !training.isVersionDue());
    }

    /** Waits for records to be read, but no longer than until there is something to learn. */
    private void handOverToLearn() {
        if (!canAnyLearn() && !arrivals.isEmpty()) {
            times.until(TrainingActivity.OTHER);
            while (!canAnyLearn() && !arrivals.isEmpty()) {
                arrivals.handOverFirst();
            }
            times.until(TrainingActivity.WAITING);
        }
    }

    private boolean isBehind(OpenModel open) {
        return open.training().isVersionDue()
                || consumer.currentLag(open.partition()).orElse(0) > 0;
    }

    /** Whether nothing more is known of; what has come since is found at one of the next looks. */
    private boolean isFetched(OpenModel open) {
        return consumer.currentLag(open.partition()).orElse(1) == 0;
    }

    private boolean hasEnough(OpenModel open) {
        ModelTraining training = open.training();
        int enough = MINI_BATCHES_AHEAD * training.batchSize();
        return training.isVersionDue() || training.waiting() + arrivals.of(open) >= enough;
    }

    private void fetch(Duration patience, TrainingActivity meanwhile, Predicate<OpenModel> takesNoMore) {
        List<TopicPartition> paused = models.open().stream()
                .filter(takesNoMore)
                .map(OpenModel::partition)
                .toList();
        consumer.pause(paused);
        times.until(TrainingActivity.OTHER);
        ConsumerRecords<byte[], byte[]> received = consumer.poll(patience);
        times.until(meanwhile);
        received.partitions().forEach(partition -> take(received.records(partition)));
        arrivals.handOver();
        looked(paused);
        Set<TopicPartition> kept = new HashSet<>(consumer.assignment());
        kept.retainAll(paused);
        consumer.resume(kept);
        models.open().forEach(this::tellLag);
    }

    private void looked(List<TopicPartition> exceptFor) {
        lookedNanos = nanoTime.getAsLong();
        models.open().stream()
                .filter(open -> hasReadAll(open) && !exceptFor.contains(open.partition()))
                .forEach(open -> open.sawNothing(lookedNanos));
    }

    private void take(List<ConsumerRecord<byte[], byte[]>> ofOnePartition) {
        for (ConsumerRecord<byte[], byte[]> received : ofOnePartition) {
            take(received);
            TopicPartition partition = new TopicPartition(received.topic(), received.partition());
            if (consumer.position(partition) <= received.offset()) {
                return; // the rest comes again, after what it was turned back for
            }
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> received) {
        if (received.key() == null) {
            return;
        }
        OpenModel known = models.open(new String(received.key(), StandardCharsets.UTF_8));
        OpenModel open = known == null ? opening.apply(received) : known;
        if (open == null) {
            return; // a job that is not ours to train; its partition is shared with one that is
        }
        if (received.partition() != open.partition().partition()) {
            throw Arrivals.unfit(
                    received, "belongs to " + open.training().model() + ", whose partition is " + open.partition());
        }
        arrivals.add(open, received);
        open.arrived(nanoTime.getAsLong());
    }

    /** Whether the ledger has nothing more, as far as is known: a busy trainer is not an idle producer. */
    boolean hasReadAll(OpenModel open) {
        return arrivals.of(open) == 0 && isFetched(open);
    }

    /** Forgets what is on its way from a partition, which is read again from an earlier offset, or by somebody else. */
    void forget(TopicPartition partition) {
        arrivals.forget(partition);
    }

    void tellLag(OpenModel open) {
        ModelTraining training = open.training();
        // A model that is paused has read on, to find the end of its pause, and has learned none of that.
        long fetched = training.isPaused()
                ? consumer.position(open.partition()) - training.nextOffset()
                : training.waiting() + arrivals.of(open);
        consumer.currentLag(open.partition()).ifPresent(behind -> observer.lag(training.model(), behind + fetched));
    }
}
