package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.ScoringLimits;
import dev.millrace.model.ScoringObserver;
import dev.millrace.model.ScoringQueue;
import dev.millrace.model.TextScoring;
import dev.millrace.model.VersionAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/** Answers the same texts with the same classifier in several ways, each for a while. For one thread. */
final class ScoreBench {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int BARE_BATCH = 64;
    private static final String MODEL = "bench";

    private final Classifier classifier;
    private final List<String> texts;
    private final int clients;
    private final LongSupplier nanoTicker;

    /**
     * Over a classifier.
     *
     * @param texts that are asked in turn, at least 64
     * @param clients how many ask at the same time, each for one text after the other
     */
    ScoreBench(Classifier classifier, List<String> texts, int clients, LongSupplier nanoTicker) {
        this.classifier = classifier;
        this.texts = List.copyOf(texts);
        this.clients = clients;
        this.nanoTicker = nanoTicker;
    }

    /**
     * What came out of one way.
     *
     * @param textsPerSecond that were answered
     * @param millis that each request took
     */
    record Outcome(double textsPerSecond, List<Double> millis) {

        Outcome {
            millis = millis.stream().sorted().toList();
        }

        double quantile(double share) {
            return millis.get((int) (share * (millis.size() - 1)));
        }
    }

    /** The forward pass alone: one thread, batches of 64 texts. */
    Outcome bare(Duration span) {
        List<Double> millis = new ArrayList<>();
        long begun = nanoTicker.getAsLong();
        long now = begun;
        for (int from = 0; now - begun < span.toNanos(); from = (from + BARE_BATCH) % (texts.size() - BARE_BATCH + 1)) {
            classifier.classify(texts.subList(from, from + BARE_BATCH));
            millis.add((nanoTicker.getAsLong() - now) / 1e6);
            now = nanoTicker.getAsLong();
        }
        return new Outcome(millis.size() * BARE_BATCH * 1e9 / (now - begun), millis);
    }

    /** Clients that each call the classifier. */
    Outcome unbatched(Duration span) throws InterruptedException {
        return asked(span, this::scored);
    }

    /** Clients whose requests are answered together. */
    Outcome batched(Duration span, ScoringLimits limits) throws InterruptedException {
        try (ScoringQueue<Long> queue =
                ScoringQueue.start(MODEL, this::scored, limits, ScoringObserver.NONE, nanoTicker)) {
            return asked(span, asked -> queue.answer(asked, PATIENCE));
        }
    }

    private VersionAnswer<Long> scored(List<String> asked) {
        return new VersionAnswer<>(1L, classifier.classify(asked));
    }

    private Outcome asked(Duration span, TextScoring<Long> scoring) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            List<Future<List<Double>>> running = new ArrayList<>();
            long begun = nanoTicker.getAsLong();
            for (int client = 0; client < clients; client++) {
                int first = client;
                running.add(threads.submit(() -> ask(scoring, first, begun + span.toNanos())));
            }
            List<Double> millis = new ArrayList<>();
            for (Future<List<Double>> client : running) {
                millis.addAll(client.get());
            }
            return new Outcome(millis.size() * 1e9 / (nanoTicker.getAsLong() - begun), millis);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed: " + e.getCause(), e);
        } finally {
            threads.shutdownNow();
        }
    }

    private List<Double> ask(TextScoring<Long> scoring, int first, long end) {
        List<Double> millis = new ArrayList<>();
        long now = nanoTicker.getAsLong();
        for (int next = first; now - end < 0; next += clients) {
            VersionAnswer<Long> answer = scoring.answer(List.of(texts.get(next % texts.size())));
            if (answer.predictions().size() != 1) {
                throw new IllegalStateException(
                        "one text was asked, but " + answer.predictions().size() + " answered");
            }
            long answered = nanoTicker.getAsLong();
            millis.add((answered - now) / 1e6);
            now = answered;
        }
        return millis;
    }
}
