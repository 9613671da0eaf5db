package dev.millrace.app;

import dev.millrace.model.Prediction;
import dev.millrace.registry.NoVersionException;
import dev.millrace.registry.Served;
import dev.millrace.registry.Subscription;
import java.util.List;
import java.util.Optional;

/**
 * Answers with whatever version a subscription serves at the moment; one request sees one version, and with a canary the
 * same texts see that of the same alias. Thread-safe.
 */
record ServedModel(Subscription<BatchedClassifier> subscription) implements Scorer {

    @Override
    public Optional<ScoreResponse> score(List<String> texts, int top) {
        try {
            return Optional.of(subscription.<ScoreResponse>use(
                    String.join("\n", texts), served -> answer(served, texts, top), ServedModel::sayTheSame));
        } catch (NoVersionException e) {
            return Optional.empty();
        }
    }

    private ScoreResponse answer(Served<BatchedClassifier> served, List<String> texts, int top) {
        List<ScoreResponse.Prediction> predictions = served.value().classify(texts).stream()
                .map(prediction -> answer(prediction, top))
                .toList();
        return new ScoreResponse(served.version().model(), served.version().version(), predictions);
    }

    private static ScoreResponse.Prediction answer(Prediction prediction, int top) {
        List<ScoreResponse.Ranked> ranked = prediction.scores().stream()
                .limit(top)
                .map(score -> new ScoreResponse.Ranked(score.label(), score.confidence()))
                .toList();
        return new ScoreResponse.Prediction(prediction.label(), prediction.confidence(), ranked);
    }

    private static boolean sayTheSame(ScoreResponse one, ScoreResponse other) {
        return labels(one).equals(labels(other));
    }

    private static List<String> labels(ScoreResponse response) {
        return response.predictions().stream()
                .map(ScoreResponse.Prediction::label)
                .toList();
    }
}
