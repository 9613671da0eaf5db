package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.Prediction;
import dev.millrace.registry.Lease;
import dev.millrace.registry.NoVersionException;
import dev.millrace.registry.Subscription;
import java.util.List;
import java.util.Optional;

/** Answers with whatever version a subscription serves at the moment; one request sees one version. Thread-safe. */
record ServedModel(String model, Subscription<Classifier> subscription) implements Scorer {

    @Override
    public Optional<ScoreResponse> score(List<String> texts, int top) {
        try (Lease<Classifier> lease = subscription.acquire()) {
            List<ScoreResponse.Prediction> predictions = lease.value().classify(texts).stream()
                    .map(prediction -> answer(prediction, top))
                    .toList();
            return Optional.of(new ScoreResponse(model, lease.version().version(), predictions));
        } catch (NoVersionException e) {
            return Optional.empty();
        }
    }

    private static ScoreResponse.Prediction answer(Prediction prediction, int top) {
        List<ScoreResponse.Ranked> ranked = prediction.scores().stream()
                .limit(top)
                .map(score -> new ScoreResponse.Ranked(score.label(), score.confidence()))
                .toList();
        return new ScoreResponse.Prediction(prediction.label(), prediction.confidence(), ranked);
    }
}
