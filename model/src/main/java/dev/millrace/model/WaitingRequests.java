package dev.millrace.model;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** The requests that wait, in the order in which they came, as many as the limits admit. Thread-safe. */
final class WaitingRequests<V> {

    private final String model;
    private final ScoringLimits limits;
    private final ScoringObserver observer;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<QueuedRequest<V>> requests = new LinkedHashSet<>();
    private int texts;
    private boolean closed;

    WaitingRequests(String model, ScoringLimits limits, ScoringObserver observer, LongSupplier nanoTime) {
        this.model = model;
        this.limits = limits;
        this.observer = observer;
        this.nanoTime = nanoTime;
    }

    void add(QueuedRequest<V> request) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the queue of model " + model + " is closed");
            }
            if (texts > 0 && texts + request.texts().size() > limits.queuedTexts()) {
                observer.refused(model);
                throw new QueueFullException(
                        texts + " texts wait for model " + model + ", and " + limits.queuedTexts() + " are admitted");
            }
            requests.add(request);
            count(request.texts().size());
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request out; does nothing when it does not wait any more. */
    void remove(QueuedRequest<V> request) {
        lock.lock();
        try {
            if (requests.remove(request)) {
                count(-request.texts().size());
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for requests, and takes those that are answered together: none overtakes another.
     *
     * @return at least one, or none when the queue is closed and empty
     */
    List<QueuedRequest<V>> take() throws InterruptedException {
        lock.lock();
        try {
            while (!isBatchComplete()) {
                if (requests.isEmpty()) {
                    changed.await();
                } else {
                    // Whether the time is over or more came, the loop looks again.
                    var unused = changed.awaitNanos(waitLeftNanos());
                }
            }
            return taken();
        } finally {
            lock.unlock();
        }
    }

    /** Admits no more; what waits can still be taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private boolean isBatchComplete() {
        return closed || texts >= limits.batchTexts() || (!requests.isEmpty() && waitLeftNanos() <= 0);
    }

    private long waitLeftNanos() {
        long waited = nanoTime.getAsLong() - requests.iterator().next().queuedNanos();
        return limits.batchWait().toNanos() - waited;
    }

    private List<QueuedRequest<V>> taken() {
        List<QueuedRequest<V>> batch = new ArrayList<>();
        int size = 0;
        for (Iterator<QueuedRequest<V>> oldest = requests.iterator(); oldest.hasNext(); ) {
            QueuedRequest<V> next = oldest.next();
            if (!batch.isEmpty() && size + next.texts().size() > limits.batchTexts()) {
                break;
            }
            batch.add(next);
            size += next.texts().size();
            oldest.remove();
        }
        count(-size);
        return batch;
    }

    private void count(int more) {
        texts += more;
        observer.queued(model, more);
    }
}
