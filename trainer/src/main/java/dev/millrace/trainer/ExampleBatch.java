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
 * @param known for each rehearsed one what was answered when it was fresh
 * @param rows for each example its row, in all that is said of the tokens: the inverse of their order
 */
record ExampleBatch(
        List<TrainingExample> examples, int fresh, TokenBatch tokens, List<Logits> known, List<Integer> rows) {

    ExampleBatch {
        examples = List.copyOf(examples);
        known = List.copyOf(known);
        rows = List.copyOf(rows);
    }

    static ExampleBatch of(List<TrainingExample> fresh) {
        return of(fresh, List.of());
    }

    static ExampleBatch of(List<TrainingExample> fresh, List<Remembered> rehearsed) {
        List<TrainingExample> all = new ArrayList<>(fresh);
        rehearsed.forEach(past -> all.add(past.example()));
        TokenBatch tokens =
                TokenBatch.of(all.stream().map(TrainingExample::tokens).toList());
        Integer[] rows = new Integer[tokens.size()];
        for (int row = 0; row < rows.length; row++) {
            rows[tokens.order().get(row)] = row;
        }
        List<Logits> known = rehearsed.stream().map(Remembered::logits).toList();
        return new ExampleBatch(all, fresh.size(), tokens, known, List.of(rows));
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

    /** What was answered to the example in a row when it was fresh; none where it is. */
    Logits known(int row) {
        return isFresh(row) ? Logits.NONE : known.get(tokens.order().get(row) - fresh);
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

    /** For each fresh example its logits, of all that are given row after row. */
    List<Logits> freshLogits(float[] byRow) {
        int labels = byRow.length / size();
        return rows.subList(0, fresh).stream()
                .map(row -> Logits.of(Arrays.copyOfRange(byRow, row * labels, (row + 1) * labels)))
                .toList();
    }

    /** What is said of each row, as its type is in the network. */
    static long[] wide(int[] byRow) {
        return Arrays.stream(byRow).asLongStream().toArray();
    }
}
