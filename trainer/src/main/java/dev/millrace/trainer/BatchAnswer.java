package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What was answered to examples before they were learned.
 *
 * @param batch the examples, all of them fresh
 * @param answers to them
 * @param correct how many of the answers were right
 * @param features of the examples, in front of the last layer of the head
 */
record BatchAnswer(ExampleBatch batch, Voting.Answers answers, int correct, NDArray features) {

    /** What is answered while no label is known. */
    private static final String NO_LABEL = "";

    /** The label that each example was answered, in the order of the log. */
    List<String> inOrder(Labels labels) {
        return batch.rows().stream()
                .map(answers::label)
                .map(label ->
                        label == Labels.UNKNOWN ? NO_LABEL : labels.inOrder().get(label))
                .toList();
    }

    /** Counts whose opinions were right. */
    void tally(Voting voting, Labels labels) {
        voting.tally(answers, batch.rows(), batch.labels(labels));
    }

    /** Lets the voters learn the examples; {@code known} labels were known when they were answered. */
    void teach(Voting voting, Labels labels, int known, RandomGenerator random) {
        voting.learn(answers, batch.rows(), batch.labels(labels), known, random);
    }

    /**
     * Looks for drift in the answers; one that nobody could have known is no sign of it.
     *
     * @param known how many labels were known when they were given
     * @param before how many examples were learned before these
     * @param confidence the chance of a false alarm that is accepted
     */
    List<Drift> watch(DriftWatch drift, Labels labels, int known, long before, double confidence) {
        List<Drift> found = new ArrayList<>();
        long number = before;
        for (int i = 0; i < batch.size(); i++) {
            number++;
            String label = batch.examples().get(i).label();
            int index = labels.indexOf(label);
            if (index < known) {
                boolean wrong = answers.label(batch.rows().get(i)) != index;
                found.addAll(drift.add(number, label, wrong, confidence));
            }
        }
        return found;
    }
}
