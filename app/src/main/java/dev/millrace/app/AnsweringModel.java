package dev.millrace.app;

import dev.millrace.model.TextScoring;
import dev.millrace.registry.Subscription;
import java.util.function.BooleanSupplier;

/**
 * A model that answers inputs.
 *
 * @param scoring answers with the version that serves
 * @param isServed whether one serves
 */
record AnsweringModel(TextScoring<ServedVersion> scoring, BooleanSupplier isServed) {

    /** The model whose versions are followed. */
    static AnsweringModel of(Subscription<BatchedClassifier> subscription) {
        return new AnsweringModel(
                new SubscribedModel(subscription), () -> subscription.current().isPresent());
    }
}
