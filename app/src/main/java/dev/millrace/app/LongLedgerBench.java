package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.LedgerReader;
import dev.millrace.trainer.Standing;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A ledger with very many examples of one model, and trainers that start on it. For one thread. */
final class LongLedgerBench {

    private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    /**
     * A start of a trainer.
     *
     * @param openedSeconds until it held the model
     * @param steppedSeconds until its first mini-batch was learned
     * @param residentBefore bytes of the process
     * @param mostResident bytes of the process, until the trainer was closed
     * @param learned examples in the newest version
     */
    record Start(double openedSeconds, double steppedSeconds, long residentBefore, long mostResident, long learned) {}

    /** Listens to a trainer. Thread-safe. */
    private static final class Watch implements TrainingObserver, RegistryObserver {

        private final LongSupplier nanoTicker;
        private volatile @Nullable Long openedAt;
        private volatile @Nullable Long steppedAt;
        private final AtomicLong steps = new AtomicLong();
        private volatile long learned;

        Watch(LongSupplier nanoTicker) {
            this.nanoTicker = nanoTicker;
        }

        @Override
        public void opened(String model, int partition, Standing standing) {
            openedAt = nanoTicker.getAsLong();
        }

        @Override
        public void stepped(String model, StepReport report) {
            if (steppedAt == null) {
                steppedAt = nanoTicker.getAsLong();
            }
            steps.incrementAndGet();
        }

        @Override
        public void published(VersionRecord version, Duration writing) {
            learned = version.examples();
        }
    }

    private final Surroundings around;
    private final SettingsLoader loader;
    private final Settings settings;
    private final StopSignal stop;

    /**
     * Over a broker that has the topics.
     *
     * @param loader all that the user says
     * @param settings of that broker
     * @param stop ends it early
     */
    LongLedgerBench(Surroundings around, SettingsLoader loader, Settings settings, StopSignal stop) {
        this.around = around;
        this.loader = loader;
        this.settings = settings;
        this.stop = stop;
    }

    /**
     * Writes examples of the sample to the ledger, as ingest would.
     *
     * @param model whose
     * @param first number of the first
     * @param count how many
     * @param progress told how many are sent
     */
    void fill(String model, long first, long count, LongConsumer progress) {
        EndlessSample sample = new EndlessSample(model, around.clock().instant());
        Map<String, Object> properties = new HashMap<>(settings.kafka().clientProperties());
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 20);
        byte[] key = model.getBytes(StandardCharsets.UTF_8);
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long index = first; index < first + count && failure.get() == null; index++) {
                var unused = producer.send(
                        new ProducerRecord<>(settings.topics().trainingExamples(), key, sample.value(index)),
                        (metadata, e) -> {
                            if (e != null) {
                                failure.compareAndSet(null, e);
                            }
                        });
                progress.accept(index - first + 1);
                requireNotStopped();
            }
            producer.flush();
        }
        Exception failed = failure.get();
        if (failed != null) {
            throw new IllegalStateException("the ledger could not be written: " + failed.getMessage(), failed);
        }
    }

    /**
     * Reads the ledger of a model as a replay does.
     *
     * @param model whose
     * @param count of its examples
     * @param progress told how many were read
     * @return seconds
     */
    double readAll(String model, long count, LongConsumer progress) {
        long begun = now();
        try (LedgerReader reader = LedgerReader.open(
                settings.kafka().clientProperties(), settings.topics().trainingExamples(), model)) {
            for (long read = 0; read < count; progress.accept(read)) {
                read += reader.poll().size();
                requireNotStopped();
            }
        }
        return (now() - begun) / 1e9;
    }

    /**
     * Starts a trainer of a model, and closes it when a version has so many examples.
     *
     * @param model the only one
     * @param learned that number
     */
    Start startUntilLearned(String model, long learned) {
        return start(model, watch -> watch.learned >= learned);
    }

    /**
     * Starts a trainer of a model, and closes it after so many steps.
     *
     * @param model the only one
     * @param steps that number
     */
    Start startUntilStepped(String model, long steps) {
        return start(model, watch -> watch.steps.get() >= steps);
    }

    private interface Reached {
        boolean by(Watch watch);
    }

    private Start start(String model, Reached reached) {
        System.gc();
        long residentBefore = Memory.residentBytes();
        long[] mostResident = {residentBefore};
        Watch watch = new Watch(around.nanoTicker());
        Settings own = loader.put("models", model, "this benchmark").load().settings();
        long begun = now();
        try (Rooms rooms =
                Rooms.start(own, EnumSet.of(Role.TRAINER), around, new Observers(IngestObserver.NONE, watch, watch))) {
            await(rooms, () -> {
                mostResident[0] = Math.max(mostResident[0], Memory.residentBytes());
                return watch.openedAt != null && watch.steppedAt != null && reached.by(watch);
            });
        }
        Long opened = watch.openedAt;
        Long stepped = watch.steppedAt;
        if (opened == null || stepped == null) {
            throw new IllegalStateException("the trainer has learned nothing");
        }
        return new Start(
                (opened - begun) / 1e9, (stepped - begun) / 1e9, residentBefore, mostResident[0], watch.learned);
    }

    private void await(Rooms rooms, BooleanSupplier isReached) {
        long deadline = now() + PATIENCE.toNanos();
        while (!isReached.getAsBoolean()) {
            requireNotStopped();
            rooms.failure().ifPresent(failure -> {
                throw new IllegalStateException("a room has stopped: " + failure.getMessage(), failure);
            });
            if (now() > deadline) {
                throw new IllegalStateException(
                        "the trainer was not there within " + PATIENCE.toMinutes() + " minutes");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void requireNotStopped() {
        if (stop.isAsked()) {
            throw new CommandException("stopped before all was measured");
        }
    }

    private long now() {
        return around.nanoTicker().getAsLong();
    }
}
