package dev.millrace.app;

import dev.millrace.model.TextScoring;
import dev.millrace.model.VersionAnswer;
import dev.millrace.registry.Lease;
import dev.millrace.registry.NoVersionException;
import dev.millrace.registry.Subscription;
import java.util.List;

/** Answers batches with whatever version a subscription serves at the moment, never with a canary's. Thread-safe. */
record SubscribedModel(Subscription<BatchedClassifier> subscription) implements TextScoring<ServedVersion> {

    /**
     * Answers texts.
     *
     * @throws NoVersionException while no version is served
     */
    @Override
    public VersionAnswer<ServedVersion> answer(List<String> texts) {
        try (Lease<BatchedClassifier> lease = subscription.acquire()) {
            return new VersionAnswer<>(
                    ServedVersion.of(lease.version()), lease.value().classifyBatch(texts));
        }
    }
}
