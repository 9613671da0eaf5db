package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.BareTraining;
import dev.millrace.trainer.LedgerReader;
import dev.millrace.trainer.NaivePass;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingActivity;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One stream, learned twice: the whole way (records in Kafka, ingest, ledger, trainer, versions) in rooms of their own, and
 * bare, from memory. Both clocks start when the warm-up's last mini-batch is learned, and stop when the last is. For one
 * thread.
 */
final class StreamBench {

    private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

    /**
     * What the whole way took.
     *
     * @param seconds from the end of the warm-up to that of the last mini-batch
     * @param shares of these, what the training thread did
     * @param versions published by the end
     * @param ledger what was learned
     * @param lastStep what came of the last mini-batch
     */
    record Whole(
            double seconds,
            Map<TrainingActivity, Double> shares,
            long versions,
            List<LedgerReader.Entry> ledger,
            StepReport lastStep) {

        Whole {
            shares = Map.copyOf(shares);
            ledger = List.copyOf(ledger);
        }
    }

    /** Listens to the rooms. Thread-safe. */
    private static final class Watch implements IngestObserver, TrainingObserver, RegistryObserver {

        private final LongSupplier nanoTicker;
        private final List<Long> ends = new ArrayList<>();
        private final List<StepReport> steps = new ArrayList<>();

        /** What the training thread had done in all when each step was told, in seconds. */
        private final List<Map<TrainingActivity, Double>> doneAt = new ArrayList<>();

        private final Map<TrainingActivity, Double> done = new EnumMap<>(TrainingActivity.class);
        private long judged;
        private long accepted;
        private long versions;

        Watch(LongSupplier nanoTicker) {
            this.nanoTicker = nanoTicker;
        }

        @Override
        public synchronized void accepted(String model) {
            judged++;
            accepted++;
        }

        @Override
        public synchronized void duplicate(String model) {
            judged++;
        }

        @Override
        public synchronized void shed(String model) {
            judged++;
        }

        @Override
        public synchronized void rejected(String reason) {
            judged++;
        }

        @Override
        public synchronized void stepped(String model, StepReport report) {
            ends.add(nanoTicker.getAsLong());
            steps.add(report);
            doneAt.add(new EnumMap<>(done));
        }

        @Override
        public synchronized void spent(TrainingActivity activity, Duration time) {
            done.merge(activity, time.toNanos() / 1e9, Double::sum);
        }

        @Override
        public synchronized void published(VersionRecord version, Duration writing) {
            versions++;
        }

        synchronized long judged() {
            return judged;
        }

        synchronized long acceptedCount() {
            return accepted;
        }

        synchronized int stepCount() {
            return steps.size();
        }

        synchronized Whole whole(int warmUp, int last, List<LedgerReader.Entry> ledger) {
            double seconds = (ends.get(last - 1) - ends.get(warmUp - 1)) / 1e9;
            Map<TrainingActivity, Double> shares = new EnumMap<>(TrainingActivity.class);
            for (TrainingActivity activity : TrainingActivity.values()) {
                double before = doneAt.get(warmUp - 1).getOrDefault(activity, 0.0);
                shares.put(activity, (doneAt.get(last - 1).getOrDefault(activity, 0.0) - before) / seconds);
            }
            return new Whole(seconds, shares, versions, ledger, steps.get(last - 1));
        }
    }

    private final Surroundings around;
    private final SettingsLoader loader;
    private final Supplier<ExampleSource> stream;
    private final int warmUp;
    private final StopSignal stop;

    /**
     * Of a stream.
     *
     * @param loader all that the user says
     * @param stream opened anew for each run, the same each time
     * @param warmUp how many mini-batches are learned before the clock starts, at least 1
     * @param stop ends a run early
     */
    StreamBench(
            Surroundings around, SettingsLoader loader, Supplier<ExampleSource> stream, int warmUp, StopSignal stop) {
        this.around = around;
        this.loader = loader;
        this.stream = stream;
        this.warmUp = warmUp;
        this.stop = stop;
    }

    /**
     * The whole way, on a broker of its own.
     *
     * @param folder a new one, for all that it keeps
     * @param done told now and then how many mini-batches are learned
     */
    Whole whole(Path folder, LongConsumer done) {
        Watch watch = new Watch(around.nanoTicker());
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            Settings settings = OwnBroker.settings(loader, folder, broker);
            try (Rooms rooms = Rooms.start(
                    settings, EnumSet.of(Role.INGEST, Role.TRAINER), around, new Observers(watch, watch, watch))) {
                long sent = send(settings, rooms);
                await(rooms, () -> watch.judged() >= sent, () -> done.accept(watch.stepCount()));
                List<LedgerReader.Entry> ledger = ledger(settings, rooms, watch.acceptedCount());
                int last = miniBatches(ledger);
                await(rooms, () -> watch.stepCount() >= last, () -> done.accept(watch.stepCount()));
                return watch.whole(warmUp, last, ledger);
            }
        }
    }

    private long send(Settings settings, Rooms rooms) {
        CompletableFuture<Long> sending = CompletableFuture.supplyAsync(() -> {
            try (ExampleSource source = stream.get();
                    ExampleProducer producer = new ExampleProducer(
                            settings.kafka().bootstrapServers(),
                            settings.topics().examples(),
                            settings.kafka().client(),
                            Pace.unlimited())) {
                return producer.sendAll(source, acknowledged -> {});
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        await(rooms, sending::isDone, () -> {});
        try {
            return sending.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandException("the examples could not be sent: " + cause.getMessage(), cause);
        }
    }

    private void await(Rooms rooms, Supplier<Boolean> isOver, Runnable look) {
        while (!isOver.get()) {
            if (stop.isAsked()) {
                throw new CommandException("stopped before all examples were learned");
            }
            rooms.failure().ifPresent(failure -> {
                throw new IllegalStateException("a room has stopped: " + failure.getMessage(), failure);
            });
            look.run();
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** The settings as the model sees them that learns the stream. */
    private Settings learning() {
        Settings settings = loader.load().settings();
        return settings.forModel(settings.models().get(0));
    }

    /** What ingest has judged is in the ledger once its transaction ends. */
    private List<LedgerReader.Entry> ledger(Settings settings, Rooms rooms, long accepted) {
        List<LedgerReader.Entry> all = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(
                settings.kafka().clientProperties(),
                settings.topics().trainingExamples(),
                settings.models().get(0))) {
            await(rooms, () -> all.size() >= accepted, () -> all.addAll(reader.poll()));
        }
        return all;
    }

    private int miniBatches(List<LedgerReader.Entry> ledger) {
        int count = BareTraining.miniBatches(learning().recipe(), ledger);
        if (count <= warmUp) {
            throw new CommandException("the ledger has " + count + " whole mini-batches, and more than the " + warmUp
                    + " of the warm-up are needed: take more examples");
        }
        return count;
    }

    /**
     * What the same mini-batches took from memory.
     *
     * @param seconds from the end of the warm-up to that of the last mini-batch
     * @param realTokenShare of the arithmetic of the steps, that of tokens that are no padding
     */
    record Bare(double seconds, double realTokenShare) {}

    /**
     * The same mini-batches from memory.
     *
     * @param whole what they are, and what must come of them
     * @param done told how many are learned
     * @return seconds from the end of the warm-up to that of the last
     */
    Bare bare(Whole whole, LongConsumer done) {
        return apart(() -> learnedBare(whole, done));
    }

    private Bare learnedBare(Whole whole, LongConsumer done) {
        Settings settings = learning();
        try (BareTraining bare = new BareTraining(
                Learning.base(settings, around.directory()),
                Learning.compute(settings.trainer()),
                settings.recipe(),
                whole.ledger(),
                around.nanoTicker())) {
            AtomicReference<StepReport> last = new AtomicReference<>(whole.lastStep());
            double seconds = learnAll(bare::left, () -> bare.learnNext().ifPresent(last::set), done);
            requireSame(whole.lastStep(), Objects.requireNonNull(last.get()));
            return new Bare(seconds, bare.realTokenShare());
        }
    }

    /**
     * What the naive loop made of the same examples.
     *
     * @param seconds from the end of the warm-up to that of the last mini-batch
     * @param prequential share of examples that it answered right before it learned them
     */
    record Naive(double seconds, double prequential) {}

    /**
     * The same examples in a loop as it is usually written, in float32.
     *
     * @param whole what they are
     * @param done told how many mini-batches are learned
     */
    Naive naive(Whole whole, LongConsumer done) {
        return apart(() -> learnedNaively(whole, done));
    }

    private Naive learnedNaively(Whole whole, LongConsumer done) {
        Settings settings = learning();
        try (NaivePass naive = new NaivePass(
                Learning.base(settings, around.directory()),
                Learning.compute(settings.trainer()),
                settings.recipe(),
                whole.ledger())) {
            double seconds = learnAll(naive::left, naive::learnNext, done);
            return new Naive(seconds, (double) naive.correct() / naive.examples());
        }
    }

    /**
     * On a thread that ends with it, and libtorch's helpers with the thread: while they are there, those of the next trainer
     * share the cores with them and go to sleep where they would have spun.
     */
    private static <T> T apart(Supplier<T> run) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            return CompletableFuture.supplyAsync(run, thread).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        } finally {
            thread.shutdown();
        }
    }

    /** Learns what is left, and gives the seconds from the end of the warm-up to that of the last mini-batch. */
    private double learnAll(IntSupplier left, Runnable learnNext, LongConsumer done) {
        long began = 0;
        for (int learned = 1; left.getAsInt() > 0; learned++) {
            learnNext.run();
            began = learned == warmUp ? around.nanoTicker().getAsLong() : began;
            done.accept(learned);
            if (stop.isAsked()) {
                throw new CommandException("stopped before all examples were learned");
            }
        }
        return (around.nanoTicker().getAsLong() - began) / 1e9;
    }

    /** Two folds that end otherwise were not given the same, and their times say nothing of each other. */
    private static void requireSame(StepReport whole, StepReport bare) {
        if (whole.step() != bare.step()
                || whole.totalCorrect() != bare.totalCorrect()
                || Double.compare(whole.loss(), bare.loss()) != 0) {
            throw new IllegalStateException("the whole way ended with " + whole + ", and the bare fold with " + bare);
        }
    }
}
