package dev.millrace.app;

import dev.millrace.model.TextScoring;
import dev.millrace.model.VersionAnswer;
import dev.millrace.registry.Lease;
import dev.millrace.registry.NoVersionException;
import dev.millrace.registry.Subscription;
import java.util.List;

/** Answers batches with whatever version a subscription serves at the moment, never with a canary's. Thread-safe. */
record SubscribedModel(Subscription<BatchedClassifier> subscription) implements TextScoring<Long> {

    /**
     * Answers texts.
     *
     * @throws NoVersionException while no version is served
     */
    @Override
    public VersionAnswer<Long> answer(List<String> texts) {
        try (Lease<BatchedClassifier> lease = subscription.acquire()) {
            return new VersionAnswer<>(lease.version().version(), lease.value().classifyBatch(texts));
        }
    }
}
