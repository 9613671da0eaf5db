package dev.millrace.registry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The audit topic in memory, as far as it was read; grows at its end. Thread-safe. */
final class EventLog {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<AuditEntry> all = new ArrayList<>();
    private final Map<String, List<AuditEntry>> byModel = new HashMap<>();
    private boolean closed;

    void append(List<AuditEntry> entries) {
        lock.lock();
        try {
            for (AuditEntry entry : entries) {
                all.add(entry);
                byModel.computeIfAbsent(entry.event().model(), model -> new ArrayList<>())
                        .add(entry);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void clear() {
        lock.lock();
        try {
            all.clear();
            byModel.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of everybody who waits, now and later. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** The entries that follow an offset, oldest first. */
    List<AuditEntry> after(long offset, int limit) {
        lock.lock();
        try {
            int from = firstFrom(all, offset + 1);
            return List.copyOf(all.subList(from, Math.min(all.size(), from + limit)));
        } finally {
            lock.unlock();
        }
    }

    /** The entries of a model, or of all models for null, that come before an offset, newest first. */
    List<AuditEntry> before(@Nullable String model, long offset, int limit) {
        lock.lock();
        try {
            List<AuditEntry> entries = model == null ? all : byModel.getOrDefault(model, List.of());
            int to = firstFrom(entries, offset);
            List<AuditEntry> page = new ArrayList<>(entries.subList(Math.max(0, to - limit), to));
            Collections.reverse(page);
            return page;
        } finally {
            lock.unlock();
        }
    }

    /** The offset of the last entry; -1 when there is none. */
    long last() {
        lock.lock();
        try {
            return all.isEmpty() ? -1 : all.get(all.size() - 1).offset();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is an entry at an offset or behind it; false when there was none in time, or none will come. */
    boolean await(long offset, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (last() < offset && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            return last() >= offset;
        } finally {
            lock.unlock();
        }
    }

    private static int firstFrom(List<AuditEntry> entries, long offset) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).offset() < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
