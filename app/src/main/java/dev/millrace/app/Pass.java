package dev.millrace.app;

import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.VersionRecord;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One pass of examples through all rooms: sent to the topic of examples, judged, learned, published and served, in this
 * process.
 */
final class Pass implements AutoCloseable {

    private static final Duration LOOK = Duration.ofMillis(100);

    /**
     * What came of all that was sent so far.
     *
     * @param accepted examples, in the order in which they were learned
     * @param rejected dead letters by reason
     * @param duplicates that were left out
     * @param served the version that is served, which has learned all of them
     * @param seconds from the latest source's first record sent to that version being served
     */
    record Outcome(
            List<LabelledExample> accepted,
            Map<String, Long> rejected,
            long duplicates,
            VersionRecord served,
            double seconds) {}

    private final Settings settings;
    private final Surroundings around;
    private final String model;
    private final LearningCurve curve;
    private final AtomicLong duplicates = new AtomicLong();
    private final Rooms rooms;
    private final LedgerTail tail;
    private long sentBefore;

    private Pass(Settings settings, Surroundings around) {
        this.settings = settings;
        this.around = around;
        this.model = settings.models().get(0);
        this.curve = new LearningCurve(around.clock());
        IngestObserver counting = new IngestObserver() {
            @Override
            public void duplicate(String of) {
                duplicates.incrementAndGet();
            }
        };
        this.rooms = Rooms.start(
                settings,
                EnumSet.complementOf(EnumSet.of(Role.PREDICT)),
                around,
                new Observers(counting, curve, curve));
        try {
            this.tail = new LedgerTail(settings);
        } catch (RuntimeException e) {
            rooms.close();
            throw e;
        }
    }

    /**
     * Opens all rooms.
     *
     * @param settings with one model
     * @param around the folder and the clock
     * @return ready to stream
     */
    static Pass open(Settings settings, Surroundings around) {
        if (settings.models().size() != 1) {
            throw new CommandException("one pass trains one model, but the setting models names "
                    + settings.models().size() + ": " + String.join(", ", settings.models()));
        }
        return new Pass(settings, around);
    }

    /**
     * Sends examples and waits until a version that has learned all of them is served. May be called again with the
     * examples that come next.
     *
     * @param source of examples, read once
     * @param stop ends the wait early
     * @return what came of it
     * @throws CommandException when a room failed, when nothing was accepted, or when the process was asked to stop
     */
    Outcome stream(ExampleSource source, StopSignal stop) {
        long begun = around.nanoTicker().getAsLong();
        long total = source.count().orElse(-1);
        CompletableFuture<Long> sending = CompletableFuture.supplyAsync(() -> send(source), Pass::runOnOwnThread);
        long judgedBefore = judged();
        try (Progress progress = Progress.begin(around, "Learning", "examples", total)) {
            while (!isDone(sending)) {
                if (stop.isAsked()) {
                    throw new CommandException("stopped before all examples were learned");
                }
                rooms.failure().ifPresent(Pass::fail);
                tail.poll(LOOK);
                progress.note(note());
                progress.to(curve.examples() + tail.rejectedCount() + duplicates.get() - judgedBefore);
            }
            sentBefore += sent(sending);
            return new Outcome(
                    tail.accepted(),
                    tail.rejected(),
                    duplicates.get(),
                    served().orElseThrow(),
                    (around.nanoTicker().getAsLong() - begun) / 1e9);
        }
    }

    private static void fail(Throwable failure) {
        throw new IllegalStateException("a room has stopped: " + failure.getMessage(), failure);
    }

    private long judged() {
        return tail.acceptedCount() + tail.rejectedCount() + duplicates.get();
    }

    private boolean isDone(CompletableFuture<Long> sending) {
        if (!sending.isDone()) {
            return false;
        }
        long sent = sentBefore + sent(sending);
        boolean judged = judged() >= sent;
        if (judged && tail.acceptedCount() == 0) {
            throw new CommandException("none of the " + sent + " records was accepted: " + tail.rejected());
        }
        return judged
                && served().filter(version -> version.examples() == tail.acceptedCount())
                        .isPresent();
    }

    private static long sent(CompletableFuture<Long> sending) {
        try {
            return sending.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandException("the examples could not be sent: " + cause.getMessage(), cause);
        }
    }

    private long send(ExampleSource source) {
        try (ExampleProducer producer = new ExampleProducer(
                settings.kafka().bootstrapServers(),
                settings.topics().examples(),
                settings.kafka().client(),
                Pace.unlimited())) {
            return producer.sendAll(source, acknowledged -> {});
        }
    }

    private static void runOnOwnThread(Runnable task) {
        Thread thread = new Thread(task, "millrace-producer");
        thread.setDaemon(true);
        thread.start();
    }

    private String note() {
        String version = served().map(record -> "v" + record.version()).orElse("no version yet");
        return curve.examples() == 0
                ? version
                : String.format(Locale.ROOT, "prequential %.3f, %s", curve.prequential(), version);
    }

    private Optional<VersionRecord> served() {
        return rooms.subscription(model).orElseThrow().current();
    }

    /** {@return the steps and versions so far} */
    LearningCurve curve() {
        return curve;
    }

    /** {@return the rooms, which go on after the stream has ended} */
    Rooms rooms() {
        return rooms;
    }

    /** {@return what answers with the served version} */
    Scorer scorer() {
        return rooms.scorer(model).orElseThrow();
    }

    @Override
    public void close() {
        tail.close();
        rooms.close();
    }
}
