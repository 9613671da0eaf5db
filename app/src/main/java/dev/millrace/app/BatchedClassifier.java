package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.Prediction;
import dev.millrace.model.ScoringQueue;
import java.time.Duration;
import java.util.List;

/**
 * A version that answers the requests of many threads together. Thread-safe. Closing it answers what waits, and only then
 * gives up the version.
 */
final class BatchedClassifier implements AutoCloseable {

    private final Classifier classifier;
    private final ScoringQueue<Long> queue;
    private final Duration patience;

    /**
     * Of a version and the queue that leads to it.
     *
     * @param patience for how long a request waits
     */
    BatchedClassifier(Classifier classifier, ScoringQueue<Long> queue, Duration patience) {
        this.classifier = classifier;
        this.queue = queue;
        this.patience = patience;
    }

    /**
     * Answers the texts of a request, together with those of others.
     *
     * @throws dev.millrace.model.QueueFullException when too many wait
     * @throws dev.millrace.model.ScoringTimeoutException when they were not answered in time
     */
    List<Prediction> classify(List<String> texts) {
        return queue.answer(texts, patience).predictions();
    }

    /** Answers a batch that is one already, past the queue. */
    List<Prediction> classifyBatch(List<String> texts) {
        return classifier.classify(texts);
    }

    @Override
    public void close() {
        queue.close();
        classifier.close();
    }
}
