package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.InterruptException;

/**
 * A steady stream with a burst in it, taken in and learned in rooms of their own; and what a scrape of them shows
 * meanwhile. For one thread.
 */
final class BurstBench {

    private static final long LOOK_NANOS = Duration.ofMillis(200).toNanos();
    private static final Duration PATIENCE = Duration.ofMinutes(60);
    private static final Duration SETTLING = Duration.ofMinutes(1);
    private static final int USUAL_BATCHES = 2;

    /**
     * What is sent.
     *
     * @param perSecond the steady rate
     * @param steadySeconds before the burst
     * @param factor of the rate, while the burst lasts
     * @param burstSeconds how long it lasts
     */
    record Plan(double perSecond, double steadySeconds, double factor, double burstSeconds) {

        long before() {
            return Math.round(perSecond * steadySeconds);
        }

        long burst() {
            return Math.round(perSecond * factor * burstSeconds);
        }
    }

    /**
     * What came of it.
     *
     * @param sent in all
     * @param shed as ingest counted
     * @param ledger which of those sent lie there
     * @param learned by the newest version
     * @param lagBefore the burst, in records, as a scrape shows it
     * @param mostLag of all scrapes
     * @param burstSeconds that it took to send the burst
     * @param caughtUpSeconds from the end of the burst until the lag was what it had been before
     * @param residentBefore bytes, when the burst began
     * @param mostResident bytes, of all looks
     */
    record Outcome(
            long sent,
            long shed,
            RecordAudit ledger,
            long learned,
            long lagBefore,
            long mostLag,
            double burstSeconds,
            double caughtUpSeconds,
            long residentBefore,
            long mostResident) {

        /** Whether each example was learned once, or is counted as shed. */
        boolean isWhole() {
            return ledger.twice() == 0
                    && ledger.astray() == 0
                    && ledger.missing() == shed
                    && learned == ledger.present();
        }
    }

    /** Listens to the rooms. Thread-safe. */
    private static final class Watch implements IngestObserver, TrainingObserver, RegistryObserver {

        private final AtomicLong judged = new AtomicLong();
        private final AtomicLong shed = new AtomicLong();
        private final AtomicLong stepped = new AtomicLong();
        private final AtomicLong learned = new AtomicLong();

        @Override
        public void accepted(String model) {
            judged.incrementAndGet();
        }

        @Override
        public void duplicate(String model) {
            judged.incrementAndGet();
        }

        @Override
        public void rejected(String reason) {
            judged.incrementAndGet();
        }

        @Override
        public void shed(String model) {
            shed.incrementAndGet();
            judged.incrementAndGet();
        }

        @Override
        public void stepped(String model, StepReport report) {
            stepped.addAndGet(report.fresh());
        }

        long waiting() {
            return judged.get() - shed.get() - stepped.get();
        }

        @Override
        public void published(VersionRecord version, Duration writing) {
            learned.set(version.examples());
        }
    }

    private final Surroundings around;
    private final Plan plan;
    private final StopSignal stop;
    private final LongConsumer lagShown;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Watch watch = new Watch();
    private long lag;
    private long mostLag;
    private long mostResident;
    private volatile boolean isOver;

    /**
     * Of a plan.
     *
     * @param stop ends it early
     * @param lagShown told of each scrape
     */
    BurstBench(Surroundings around, Plan plan, StopSignal stop, LongConsumer lagShown) {
        this.around = around;
        this.plan = plan;
        this.stop = stop;
        this.lagShown = lagShown;
    }

    /**
     * Runs it, on a broker of its own.
     *
     * @param loader all that the user says
     * @param folder a new one, for all that it keeps
     */
    Outcome run(SettingsLoader loader, Path folder) {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            Settings settings = OwnBroker.settings(loader, folder, broker);
            try (Rooms rooms = Rooms.start(
                    settings, EnumSet.of(Role.INGEST, Role.TRAINER), around, new Observers(watch, watch, watch))) {
                return run(settings, rooms);
            }
        }
    }

    private Outcome run(Settings settings, Rooms rooms) {
        String model = settings.models().get(0);
        Pattern shown =
                Pattern.compile("(?m)^millrace_training_lag_records\\{model=\"" + Pattern.quote(model) + "\"} (\\S+)$");
        EndlessSample sample = new EndlessSample(model, around.clock().instant());
        AtomicLong index = new AtomicLong();
        CompletableFuture<Void> sending = send(settings, sample, index, plan.before(), plan.perSecond());
        await(rooms, shown, sending::isDone);
        sending.join();
        long lagBefore = lag;
        long residentBefore = Memory.residentBytes();
        long begun = now();
        sending = send(settings, sample, index, plan.burst(), plan.perSecond() * plan.factor());
        await(rooms, shown, sending::isDone);
        sending.join();
        long ended = now();
        sending = send(settings, sample, index, Long.MAX_VALUE, plan.perSecond());
        // Enough that a mini-batch or two may be under way.
        long usual =
                Math.max(lagBefore, (long) USUAL_BATCHES * settings.recipe().batchSize());
        long burstEnd = plan.before() + plan.burst();
        await(rooms, shown, () -> watch.judged.get() >= burstEnd && watch.waiting() <= usual && lag <= usual);
        double caughtUp = (now() - ended) / 1e9;
        isOver = true;
        await(rooms, shown, sending::isDone);
        sending.join();
        long sent = index.get();
        await(rooms, shown, () -> watch.judged.get() >= sent);
        RecordAudit ledger = settled(settings, rooms, shown, sent);
        awaitLearned(rooms, shown, ledger.present());
        return new Outcome(
                sent,
                watch.shed.get(),
                ledger,
                watch.learned.get(),
                lagBefore,
                mostLag,
                (ended - begun) / 1e9,
                caughtUp,
                residentBefore,
                mostResident);
    }

    private CompletableFuture<Void> send(
            Settings settings, EndlessSample sample, AtomicLong index, long count, double perSecond) {
        long last = count == Long.MAX_VALUE ? count : index.get() + count;
        Iterator<byte[]> values = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return index.get() < last && !isOver && !stop.isAsked();
            }

            @Override
            public byte[] next() {
                return sample.value(index.getAndIncrement());
            }
        };
        return CompletableFuture.runAsync(() -> {
            try (ExampleProducer producer = new ExampleProducer(
                    settings.kafka().bootstrapServers(),
                    settings.topics().examples(),
                    settings.kafka().client(),
                    Pace.perSecond(perSecond))) {
                producer.sendAll(values, acknowledged -> {});
            }
        });
    }

    /** What is judged is in the ledger once its transaction ends. */
    private RecordAudit settled(Settings settings, Rooms rooms, Pattern shown, long sent) {
        long deadline = now() + SETTLING.toNanos();
        RecordAudit audit = audit(settings, sent);
        while (audit.missing() > watch.shed.get() && now() < deadline) {
            look(rooms, shown);
            audit = audit(settings, sent);
        }
        return audit;
    }

    private static RecordAudit audit(Settings settings, long sent) {
        try (CommittedTopic ledger = new CommittedTopic(
                settings.kafka().bootstrapServers(),
                settings.topics().trainingExamples(),
                settings.kafka().partitions())) {
            return RecordAudit.of(ledger, sent, index -> true);
        }
    }

    private void awaitLearned(Rooms rooms, Pattern shown, long examples) {
        long deadline = now() + SETTLING.toNanos();
        while (watch.learned.get() < examples && now() < deadline) {
            look(rooms, shown);
        }
    }

    private void await(Rooms rooms, Pattern shown, BooleanSupplier isReached) {
        long deadline = now() + PATIENCE.toNanos();
        while (!isReached.getAsBoolean()) {
            if (now() > deadline) {
                throw new IllegalStateException("it has not come to its end within " + PATIENCE.toMinutes()
                        + " minutes; " + lag + " records wait to be learned");
            }
            look(rooms, shown);
        }
    }

    private void look(Rooms rooms, Pattern shown) {
        if (stop.isAsked()) {
            throw new CommandException("stopped before all was learned");
        }
        rooms.failure().ifPresent(failure -> {
            throw new IllegalStateException("a room has stopped: " + failure.getMessage(), failure);
        });
        LockSupport.parkNanos(LOOK_NANOS);
        Matcher line = shown.matcher(scrape(rooms.address()));
        lag = line.find() ? Math.round(Double.parseDouble(line.group(1))) : lag;
        mostLag = Math.max(mostLag, lag);
        mostResident = Math.max(mostResident, Memory.residentBytes());
        lagShown.accept(lag);
    }

    private String scrape(URI address) {
        try {
            return http.send(
                            HttpRequest.newBuilder(address.resolve("/metrics")).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new IllegalStateException("the metrics cannot be read: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private long now() {
        return around.nanoTicker().getAsLong();
    }
}
