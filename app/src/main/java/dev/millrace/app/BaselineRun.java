package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.SentenceEncoder;
import dev.millrace.trainer.FrozenBaselines;
import dev.millrace.trainer.FrozenBaselines.Score;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The frozen baselines over the very examples that the trainer learned, in the same order. */
final class BaselineRun implements AutoCloseable {

    private static final int TEXTS_AT_ONCE = 32;

    private final SentenceEncoder encoder;
    private final FrozenBaselines baselines;
    private Map<String, Score> atThreeQuarters = Map.of();

    BaselineRun(PretrainedModel base, Compute compute, int maxTokens) {
        encoder = new SentenceEncoder(base, compute, maxTokens);
        baselines = FrozenBaselines.standard(encoder, base.config().hidden());
    }

    void learn(List<LabelledExample> examples, Progress progress, StopSignal stop) {
        int threeQuarters = examples.size() * 3 / 4;
        for (int from = 0; from < examples.size(); ) {
            if (stop.isAsked()) {
                throw new CommandException("stopped before the baselines were through");
            }
            if (from == threeQuarters) {
                atThreeQuarters = baselines.scores();
            }
            int end = Math.min(from + TEXTS_AT_ONCE, from < threeQuarters ? threeQuarters : examples.size());
            baselines.learn(examples.subList(from, end));
            from = end;
            progress.to(from);
        }
    }

    /** Prequential accuracy by the name of the baseline. */
    Map<String, Double> prequential() {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        baselines.scores().forEach((name, score) -> accuracies.put(name, score.accuracy()));
        return accuracies;
    }

    /** The same over the last quarter of the examples. */
    Map<String, Double> prequentialLastQuarter() {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        baselines.scores().forEach((name, score) -> {
            Score before = Objects.requireNonNullElse(atThreeQuarters.get(name), new Score(0, 0));
            accuracies.put(name, score.since(before).accuracy());
        });
        return accuracies;
    }

    /** Answers by the name of the baseline, one for each text in their order. */
    Map<String, List<String>> predict(List<String> texts) {
        Map<String, List<String>> answers = new LinkedHashMap<>();
        for (int from = 0; from < texts.size(); from += TEXTS_AT_ONCE) {
            List<String> part = texts.subList(from, Math.min(texts.size(), from + TEXTS_AT_ONCE));
            baselines
                    .predict(part)
                    .forEach((name, labels) -> answers.computeIfAbsent(name, first -> new ArrayList<>())
                            .addAll(labels));
        }
        return answers;
    }

    @Override
    public void close() {
        encoder.close();
    }
}
