package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.SentenceEncoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The bar: learners on frozen embeddings that take the same examples in the same order as the trainer, each answered
 * before it is learned. Not thread-safe.
 */
public final class FrozenBaselines {

    /**
     * What one of them reached.
     *
     * @param examples answered so far
     * @param correct answered right, before they were learned
     */
    public record Score(long examples, long correct) {

        /** {@return from 0 to 1; 0 before the first example} */
        public double accuracy() {
            return examples == 0 ? 0 : (double) correct / examples;
        }

        /**
         * What was reached since an earlier moment.
         *
         * @param earlier a score of the same learner
         * @return the examples after it alone
         */
        public Score since(Score earlier) {
            return new Score(examples - earlier.examples, correct - earlier.correct);
        }
    }

    private static final String NO_LABEL = "";

    private final SentenceEncoder encoder;
    private final List<FrozenLearner> learners;
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private final Map<String, Score> scores = new LinkedHashMap<>();

    /**
     * Baselines that have seen nothing.
     *
     * @param encoder the frozen base
     * @param learners each with a name of its own
     */
    public FrozenBaselines(SentenceEncoder encoder, List<FrozenLearner> learners) {
        this.encoder = encoder;
        this.learners = List.copyOf(learners);
        learners.forEach(learner -> scores.put(learner.name(), new Score(0, 0)));
    }

    /**
     * The baselines of the reports: 5 nearest neighbours, streaming LDA whose shrinkage is chosen as it goes, and logistic
     * regression.
     *
     * @param encoder the frozen base
     * @param hidden elements of its embeddings
     * @return baselines that have seen nothing
     */
    public static FrozenBaselines standard(SentenceEncoder encoder, int hidden) {
        return new FrozenBaselines(
                encoder,
                List.of(new NearestNeighbours(5), new AutoShrinkageLda(hidden), new LogisticRegression(hidden)));
    }

    /**
     * Answers examples, one after the other, and learns each after its answer.
     *
     * @param examples in the order of the log; embedded together, so a few dozen at a time are best
     * @return by the name of the learner, what it answered to each before it learned it; an empty string where it knew no
     *     label
     */
    public Map<String, List<String>> learn(List<LabelledExample> examples) {
        Map<String, List<String>> answers = new LinkedHashMap<>();
        learners.forEach(learner -> answers.put(learner.name(), new ArrayList<>()));
        List<float[]> embeddings =
                encoder.embed(examples.stream().map(LabelledExample::text).toList());
        for (int i = 0; i < embeddings.size(); i++) {
            String label = examples.get(i).label();
            for (FrozenLearner learner : learners) {
                int answer = learner.predict(embeddings.get(i));
                String named = answer == Labels.UNKNOWN ? NO_LABEL : names.get(answer);
                Objects.requireNonNull(answers.get(learner.name())).add(named);
                scores.computeIfPresent(
                        learner.name(),
                        (name, score) -> new Score(score.examples + 1, score.correct + (named.equals(label) ? 1 : 0)));
            }
            int index = indexOf(label);
            float[] embedding = embeddings.get(i);
            learners.forEach(learner -> learner.learn(embedding, index));
        }
        return answers;
    }

    private int indexOf(String label) {
        return labels.computeIfAbsent(label, unseen -> {
            names.add(unseen);
            return names.size() - 1;
        });
    }

    /** {@return what each has reached so far, by its name} */
    public Map<String, Score> scores() {
        return new LinkedHashMap<>(scores);
    }

    /**
     * Answers texts without learning them.
     *
     * @param texts at least one
     * @return by the name of the learner, a label for each text in their order; empty strings before the first label
     */
    public Map<String, List<String>> predict(List<String> texts) {
        List<float[]> embeddings = encoder.embed(texts);
        Map<String, List<String>> predictions = new LinkedHashMap<>();
        for (FrozenLearner learner : learners) {
            List<String> own = new ArrayList<>();
            for (int answer : learner.predictAll(embeddings)) {
                own.add(answer == Labels.UNKNOWN ? NO_LABEL : names.get(answer));
            }
            predictions.put(learner.name(), own);
        }
        return predictions;
    }
}
