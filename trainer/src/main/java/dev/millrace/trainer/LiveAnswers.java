package dev.millrace.trainer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The newest examples of a model, and how many of them were answered right before they were learned. Not part of a
 * checkpoint: nothing that is learned depends on it. Not thread-safe.
 */
final class LiveAnswers {

    /** Enough to see a fall of a few points, and little enough to be answered once more within a second. */
    private static final int MOST_EXAMPLES = 512;

    /**
     * What was answered from an offset of the ledger on.
     *
     * @param examples oldest first
     * @param correct how many of them were answered right
     */
    record Since(List<TrainingExample> examples, int correct) {

        double accuracy() {
            return examples.isEmpty() ? 0 : (double) correct / examples.size();
        }
    }

    private record Batch(long offset, List<TrainingExample> examples, int correct) {}

    private final Deque<Batch> batches = new ArrayDeque<>();
    private int size;

    /**
     * Takes a mini-batch that was answered.
     *
     * @param offset of its first example
     * @param examples of it
     * @param correct answered right
     */
    void add(long offset, List<TrainingExample> examples, int correct) {
        batches.add(new Batch(offset, examples, correct));
        size += examples.size();
        while (size > MOST_EXAMPLES) {
            size -= batches.removeFirst().examples().size();
        }
    }

    /** The newest answers to what lies at an offset or after it. */
    Since since(long offset) {
        List<Batch> newest =
                batches.stream().filter(batch -> batch.offset() >= offset).toList();
        return new Since(
                newest.stream().flatMap(batch -> batch.examples().stream()).toList(),
                newest.stream().mapToInt(Batch::correct).sum());
    }
}
