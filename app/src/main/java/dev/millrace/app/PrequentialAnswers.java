package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What one learner answered to each example of a stream before it learned it, beside what was right.
 *
 * @param right the label of each example, in the order of the stream
 * @param answers to them; an empty string where no label was known
 */
record PrequentialAnswers(List<String> right, List<String> answers) {

    static final int QUARTERS = 4;

    PrequentialAnswers {
        right = List.copyOf(right);
        answers = List.copyOf(answers);
        if (right.size() != answers.size()) {
            throw new IllegalArgumentException(
                    "each of " + right.size() + " examples needs an answer, but there are " + answers.size());
        }
    }

    /** What was answered to examples whose labels are right as they are. */
    static PrequentialAnswers of(List<LabelledExample> examples, List<String> answers) {
        return new PrequentialAnswers(
                examples.stream().map(LabelledExample::label).toList(), answers);
    }

    /** Accuracy over the examples {@code from} to before {@code to}; 0 when there are none. */
    double accuracy(int from, int to) {
        long correct = 0;
        for (int i = from; i < to; i++) {
            correct += answers.get(i).equals(right.get(i)) ? 1 : 0;
        }
        return to <= from ? 0 : (double) correct / (to - from);
    }

    /** Accuracy over all examples. */
    double accuracy() {
        return accuracy(0, right.size());
    }

    /** Accuracy over each quarter of the stream. */
    List<Double> quarters() {
        List<Double> quarters = new ArrayList<>();
        for (int quarter = 0; quarter < QUARTERS; quarter++) {
            quarters.add(accuracy(quarter * right.size() / QUARTERS, (quarter + 1) * right.size() / QUARTERS));
        }
        return quarters;
    }

    /** Accuracy over the last quarter of the stream. */
    double lastQuarter() {
        return quarters().get(QUARTERS - 1);
    }

    /**
     * How soon a learner is back where it was before a drift: the fewest examples after it such that as many of the
     * latest ones as the window holds, all of them after the drift, were answered as well as the window before it.
     *
     * @param at how many examples came before the drift
     * @param window how many examples are looked at, at least 1
     * @return examples since the drift, no fewer than the window; empty when it never was back
     */
    OptionalInt recovery(int at, int window) {
        double before = accuracy(at - window, at);
        for (int end = at + window; end <= right.size(); end++) {
            if (accuracy(end - window, end) >= before) {
                return OptionalInt.of(end - at);
            }
        }
        return OptionalInt.empty();
    }

    /**
     * Accuracy over a window that slides along the stream.
     *
     * @param ends how many examples there are up to the end of each window, none fewer than the window
     * @param window how many examples it holds
     * @return one accuracy for each end
     */
    List<Double> sliding(List<Integer> ends, int window) {
        return ends.stream().map(end -> accuracy(end - window, end)).toList();
    }
}
