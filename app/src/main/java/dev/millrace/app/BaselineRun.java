package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.SentenceEncoder;
import dev.millrace.trainer.FrozenBaselines;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The frozen baselines over the very examples that the trainer learned, in the same order. */
final class BaselineRun implements AutoCloseable {

    private static final int TEXTS_AT_ONCE = 32;

    private final SentenceEncoder encoder;
    private final FrozenBaselines baselines;
    private final Map<String, List<String>> answers = new LinkedHashMap<>();
    private long learned;

    BaselineRun(PretrainedModel base, Compute compute, int maxTokens) {
        encoder = new SentenceEncoder(base, compute, maxTokens);
        baselines = FrozenBaselines.standard(encoder, base.config().hidden());
    }

    /**
     * Answers examples and learns each after its answer.
     *
     * @param examples that come next
     * @param progress is moved on by them
     * @param stop ends it early
     */
    void learn(List<LabelledExample> examples, Progress progress, StopSignal stop) {
        for (int from = 0; from < examples.size(); from += TEXTS_AT_ONCE) {
            if (stop.isAsked()) {
                throw new CommandException("stopped before the baselines were through");
            }
            List<LabelledExample> part = examples.subList(from, Math.min(from + TEXTS_AT_ONCE, examples.size()));
            baselines
                    .learn(part)
                    .forEach((name, labels) -> answers.computeIfAbsent(name, first -> new ArrayList<>())
                            .addAll(labels));
            learned += part.size();
            progress.to(learned);
        }
    }

    /** By the name of the baseline, what it answered to each example before it learned it. */
    Map<String, List<String>> answers() {
        return new LinkedHashMap<>(answers);
    }

    /** Answers by the name of the baseline, one for each text in their order. */
    Map<String, List<String>> predict(List<String> texts) {
        Map<String, List<String>> predictions = new LinkedHashMap<>();
        for (int from = 0; from < texts.size(); from += TEXTS_AT_ONCE) {
            List<String> part = texts.subList(from, Math.min(texts.size(), from + TEXTS_AT_ONCE));
            baselines
                    .predict(part)
                    .forEach((name, labels) -> predictions
                            .computeIfAbsent(name, first -> new ArrayList<>())
                            .addAll(labels));
        }
        return predictions;
    }

    @Override
    public void close() {
        encoder.close();
    }
}
