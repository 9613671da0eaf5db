package dev.millrace.model;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A request that waits for its answer; two of the same texts are two requests. */
final class QueuedRequest<V> {

    private final List<String> texts;
    private final long queuedNanos;
    private final CompletableFuture<VersionAnswer<V>> answer = new CompletableFuture<>();

    QueuedRequest(List<String> texts, long queuedNanos) {
        this.texts = List.copyOf(texts);
        this.queuedNanos = queuedNanos;
        if (this.texts.isEmpty()) {
            throw new IllegalArgumentException("a request must have at least one text");
        }
    }

    List<String> texts() {
        return texts;
    }

    long queuedNanos() {
        return queuedNanos;
    }

    CompletableFuture<VersionAnswer<V>> answer() {
        return answer;
    }
}
