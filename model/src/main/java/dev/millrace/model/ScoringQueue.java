package dev.millrace.model;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Answers the requests of many threads together, for a forward pass over many texts costs little more than one over a few
 * (dynamic batching).
 *
 * <p>One thread takes what has queued meanwhile, has it answered by one version, and completes each request; a request
 * never spans two versions. Its answers are those of {@link Classifier#classify} on its texts alone, but for the last
 * bits, which depend on what is beside them. The queue is bounded. Where a batch fails, each of its requests is answered
 * alone, so that one which cannot be answered fails by itself.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.load(files, Compute.fastest());
 *         ScoringQueue<Long> queue = ScoringQueue.start(
 *                 "support", texts -> new VersionAnswer<>(7L, classifier.classify(texts)),
 *                 new ScoringLimits(64, Duration.ZERO, 1024), ScoringObserver.NONE, System::nanoTime)) {
 *     queue.answer(List.of("my card has not arrived"), Duration.ofSeconds(10));
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 *
 * @param <V> what names a version
 */
public final class ScoringQueue<V> implements AutoCloseable {

    private final TextScoring<V> scoring;
    private final String model;
    private final ScoringObserver observer;
    private final LongSupplier nanoTime;
    private final WaitingRequests<V> waiting;
    private final Thread thread;

    private ScoringQueue(
            String model,
            TextScoring<V> scoring,
            ScoringLimits limits,
            ScoringObserver observer,
            LongSupplier nanoTime) {
        this.model = model;
        this.scoring = scoring;
        this.observer = observer;
        this.nanoTime = nanoTime;
        this.waiting = new WaitingRequests<>(model, limits, observer, nanoTime);
        this.thread = new Thread(this::answerAll, "millrace-scoring-" + model);
        this.thread.setDaemon(true);
    }

    /**
     * Starts a queue and its thread.
     *
     * @param <V> what names a version
     * @param model whose texts, for names and observers
     * @param scoring answers a batch, on the queue's thread alone
     * @param limits of batches and of the queue
     * @param observer told of batches
     * @param nanoTime of what elapses, in nanoseconds from any moment, such as {@code System::nanoTime}
     * @return it, running; the caller closes it
     */
    public static <V> ScoringQueue<V> start(
            String model,
            TextScoring<V> scoring,
            ScoringLimits limits,
            ScoringObserver observer,
            LongSupplier nanoTime) {
        ScoringQueue<V> queue = new ScoringQueue<>(model, scoring, limits, observer, nanoTime);
        queue.thread.start();
        return queue;
    }

    /**
     * Queues a request.
     *
     * @param texts at least one, none blank
     * @return the answer to come; what failed it is what the scoring threw. A future that is cancelled, or completed by
     *     {@code orTimeout}, leaves the queue at once. What depends on it runs on the queue's thread unless told otherwise
     * @throws QueueFullException when too many texts wait
     * @throws IllegalStateException when closed
     */
    public CompletableFuture<VersionAnswer<V>> submit(List<String> texts) {
        QueuedRequest<V> request = new QueuedRequest<>(texts, nanoTime.getAsLong());
        waiting.add(request);
        var unused = request.answer().whenComplete((answer, failure) -> waiting.remove(request));
        return request.answer();
    }

    /**
     * Queues a request and waits for its answer.
     *
     * @param texts at least one, none blank
     * @param patience for how long; a request that has waited so long leaves the queue
     * @return the answer
     * @throws QueueFullException when too many texts wait
     * @throws ScoringTimeoutException when there was no answer in time, or the thread was interrupted meanwhile
     * @throws IllegalStateException when closed
     * @throws RuntimeException what the scoring threw
     */
    public VersionAnswer<V> answer(List<String> texts, Duration patience) {
        CompletableFuture<VersionAnswer<V>> answer = submit(texts);
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            answer.cancel(false);
            throw new ScoringTimeoutException("model " + model + " did not answer within " + patience);
        } catch (InterruptedException e) {
            answer.cancel(false);
            Thread.currentThread().interrupt();
            throw new ScoringTimeoutException("interrupted while model " + model + " was to answer");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("model " + model + " could not answer: " + e.getCause(), e.getCause());
        }
    }

    private void answerAll() {
        try {
            List<QueuedRequest<V>> batch = waiting.take();
            while (!batch.isEmpty()) {
                tell(batch);
                answer(batch);
                batch = waiting.take();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the thread of a queue", e);
        }
    }

    private void tell(List<QueuedRequest<V>> batch) {
        int texts = batch.stream().mapToInt(request -> request.texts().size()).sum();
        long waited = nanoTime.getAsLong() - batch.get(0).queuedNanos();
        observer.taken(model, texts, Duration.ofNanos(waited));
    }

    private void answer(List<QueuedRequest<V>> batch) {
        List<String> texts =
                batch.stream().flatMap(request -> request.texts().stream()).toList();
        try {
            complete(batch, scored(texts));
        } catch (RuntimeException | Error e) {
            if (batch.size() == 1) {
                batch.get(0).answer().completeExceptionally(e);
            } else {
                batch.stream()
                        .filter(request -> !request.answer().isDone())
                        .forEach(request -> answer(List.of(request)));
            }
        }
    }

    private VersionAnswer<V> scored(List<String> texts) {
        VersionAnswer<V> answer = scoring.answer(texts);
        if (answer.predictions().size() != texts.size()) {
            throw new IllegalStateException(texts.size() + " texts were to be answered, but "
                    + answer.predictions().size() + " were");
        }
        return answer;
    }

    private static <V> void complete(List<QueuedRequest<V>> batch, VersionAnswer<V> together) {
        int from = 0;
        for (QueuedRequest<V> request : batch) {
            int to = from + request.texts().size();
            List<Prediction> own = together.predictions().subList(from, to);
            request.answer().complete(new VersionAnswer<>(together.version(), own));
            from = to;
        }
    }

    /** Admits no more requests, and waits until those that wait are answered. A second call waits as well. */
    @Override
    public void close() {
        waiting.close();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
