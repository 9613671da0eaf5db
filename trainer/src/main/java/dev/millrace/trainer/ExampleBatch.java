package dev.millrace.trainer;

import dev.millrace.model.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Examples as the network takes them. Immutable.
 *
 * @param examples the fresh ones in the order of the log, then those that are rehearsed
 * @param fresh how many are fresh
 * @param tokens of all, sorted into rows as suits the network
 * @param rows for each example its row, in all that is said of the tokens: the inverse of their order
 */
record ExampleBatch(List<TrainingExample> examples, int fresh, TokenBatch tokens, List<Integer> rows) {

    ExampleBatch {
        examples = List.copyOf(examples);
        rows = List.copyOf(rows);
    }

    static ExampleBatch of(List<TrainingExample> fresh) {
        return of(fresh, List.of());
    }

    static ExampleBatch of(List<TrainingExample> fresh, List<TrainingExample> rehearsed) {
        List<TrainingExample> all = new ArrayList<>(fresh);
        all.addAll(rehearsed);
        TokenBatch tokens =
                TokenBatch.of(all.stream().map(TrainingExample::tokens).toList());
        Integer[] rows = new Integer[tokens.size()];
        for (int row = 0; row < rows.length; row++) {
            rows[tokens.order().get(row)] = row;
        }
        return new ExampleBatch(all, fresh.size(), tokens, List.of(rows));
    }

    int size() {
        return examples.size();
    }

    /** The example in a row. */
    TrainingExample at(int row) {
        return examples.get(tokens.order().get(row));
    }

    boolean isFresh(int row) {
        return tokens.order().get(row) < fresh;
    }

    /** For each row the index of its label. */
    int[] labels(Labels labels) {
        return IntStream.range(0, size())
                .map(row -> labels.indexOf(at(row).label()))
                .toArray();
    }

    /** How many of the fresh are answered with their label; a label that is not known never is. */
    int countCorrect(Labels labels, IntUnaryOperator answers) {
        int[] right = labels(labels);
        return (int) IntStream.range(0, size())
                .filter(this::isFresh)
                .filter(row -> right[row] != Labels.UNKNOWN && right[row] == answers.applyAsInt(row))
                .count();
    }

    /** What is said of each row, example by example. */
    List<Float> byExample(float[] byRow) {
        return rows.stream().map(row -> byRow[row]).toList();
    }

    /** What is said of each row, as its type is in the network. */
    static long[] wide(int[] byRow) {
        return Arrays.stream(byRow).asLongStream().toArray();
    }
}
