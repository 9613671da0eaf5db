package dev.millrace.trainer;

import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import dev.millrace.model.Voters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Linear discriminant analysis on the embeddings of the base, as {@link AutoShrinkageLda} does it, with probabilities for
 * answers and all it knows in tensors. How often it is solved anew falls with the number of examples, so that one example
 * costs the same for ever. Not thread-safe: it belongs to the training thread.
 */
final class LinearVoter {

    private static final List<Double> SHRINKAGES = List.of(0.02, 0.1, 0.3);
    private static final int LEAST_PAUSE = 32;
    private static final double GROWTH = 1.0 / 16;
    private static final String PREFIX = "linear-voter/";
    private static final String COUNTS = PREFIX + "counts";
    private static final String MEANS = PREFIX + "means";
    private static final String SCATTER = PREFIX + "scatter";
    private static final String TALLIES = PREFIX + "tallies";
    private static final String SOLUTIONS = PREFIX + "solutions";

    /** The names of its tensors. */
    static final List<String> NAMES = List.of(COUNTS, MEANS, SCATTER, TALLIES, SOLUTIONS);

    private final LdaStatistics statistics;
    private final RefreshSchedule schedule;

    /** For each shrinkage how often its solution was right before it learned, and of how many examples it was made. */
    private final long[] correct;

    /** For each shrinkage a row a label; no labels before the first solution. */
    private float[][][] solutions;

    private LinearVoter(LdaStatistics statistics, RefreshSchedule schedule, long[] correct, float[][][] solutions) {
        this.statistics = statistics;
        this.schedule = schedule;
        this.correct = correct;
        this.solutions = solutions;
    }

    static LinearVoter fresh(int dimension) {
        return new LinearVoter(
                new LdaStatistics(dimension),
                new RefreshSchedule(LEAST_PAUSE, GROWTH, 0),
                new long[SHRINKAGES.size()],
                new float[SHRINKAGES.size()][0][dimension + 1]);
    }

    static LinearVoter restored(int dimension, Function<String, Tensor> tensors) {
        ByteBuffer tallies = tensors.apply(TALLIES).data();
        long[] correct = new long[SHRINKAGES.size()];
        tallies.asLongBuffer().get(correct);
        long solvedAt = tallies.getLong(correct.length * Long.BYTES);
        Tensor stacked = tensors.apply(SOLUTIONS);
        int labels = Math.toIntExact(stacked.shape().get(1));
        float[][][] solutions = new float[SHRINKAGES.size()][labels][dimension + 1];
        ByteBuffer values = stacked.data();
        for (float[][] solution : solutions) {
            for (float[] row : solution) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = values.getFloat();
                }
            }
        }
        return new LinearVoter(
                LdaStatistics.of(
                        dimension,
                        tensors.apply(COUNTS).data().asLongBuffer(),
                        tensors.apply(MEANS).data().asDoubleBuffer(),
                        tensors.apply(SCATTER).data().asDoubleBuffer()),
                new RefreshSchedule(LEAST_PAUSE, GROWTH, solvedAt),
                correct,
                solutions);
    }

    List<Tensor> snapshot() {
        long[] counts = statistics.counts();
        long labels = counts.length;
        long dimension = statistics.dimension();
        long[] tallies = Arrays.copyOf(correct, correct.length + 1);
        tallies[correct.length] = schedule.solvedAt();
        ByteBuffer solved = ByteBuffer.allocate(Arrays.stream(solutions)
                        .mapToInt(rows -> rows.length * (int) (dimension + 1) * Float.BYTES)
                        .sum())
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float[][] solution : solutions) {
            for (float[] row : solution) {
                for (float value : row) {
                    solved.putFloat(value);
                }
            }
        }
        return List.of(
                Column.of(COUNTS, counts),
                new Tensor(
                        MEANS,
                        ElementType.F64,
                        List.of(labels, dimension),
                        Column.of(MEANS, statistics.means()).data()),
                Column.of(SCATTER, statistics.scatter()),
                Column.of(TALLIES, tallies),
                new Tensor(
                        SOLUTIONS,
                        ElementType.F32,
                        List.of((long) solutions.length, (long) solutions[0].length, dimension + 1),
                        solved.flip()));
    }

    /** A snapshot as if a label had no examples. */
    static List<Tensor> forgetting(List<Tensor> snapshot, int label) {
        return snapshot.stream().map(tensor -> forgetting(tensor, label)).toList();
    }

    private static Tensor forgetting(Tensor tensor, int label) {
        int axis = labelAxis(tensor);
        if (axis < 0 || label >= tensor.shape().get(axis)) {
            return tensor;
        }
        ByteBuffer data = ByteBuffer.allocate(tensor.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        data.put(tensor.data()).flip();
        int bytes = rowBytes(tensor, axis);
        int rows = Math.toIntExact(tensor.shape().get(axis));
        for (int row = label; row * bytes < data.remaining(); row += rows) {
            data.put(row * bytes, new byte[bytes]);
            if (tensor.name().equals(SOLUTIONS)) {
                data.putFloat((row + 1) * bytes - Float.BYTES, Voters.UNKNOWN);
            }
        }
        return new Tensor(tensor.name(), tensor.type(), tensor.shape(), data);
    }

    /** A snapshot as if there were no such label. */
    static List<Tensor> without(List<Tensor> snapshot, int label) {
        return snapshot.stream().map(tensor -> without(tensor, label)).toList();
    }

    private static Tensor without(Tensor tensor, int label) {
        int axis = labelAxis(tensor);
        if (axis < 0 || label >= tensor.shape().get(axis)) {
            return tensor;
        }
        ByteBuffer data = tensor.data();
        int bytes = rowBytes(tensor, axis);
        int rows = Math.toIntExact(tensor.shape().get(axis));
        ByteBuffer rest = ByteBuffer.allocate(data.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        for (int row = 0; data.hasRemaining(); row++) {
            if (row % rows != label) {
                rest.put(data.slice(data.position(), bytes));
            }
            data.position(data.position() + bytes);
        }
        List<Long> shape = new ArrayList<>(tensor.shape());
        shape.set(axis, rows - 1L);
        return new Tensor(tensor.name(), tensor.type(), shape, rest.flip());
    }

    /** Which dimension of a tensor counts labels; -1 when none does. */
    private static int labelAxis(Tensor tensor) {
        return switch (tensor.name()) {
            case COUNTS, MEANS -> 0;
            case SOLUTIONS -> 1;
            default -> -1;
        };
    }

    private static int rowBytes(Tensor tensor, int axis) {
        long rows = 1;
        for (int i = 0; i <= axis; i++) {
            rows *= tensor.shape().get(i);
        }
        return Math.toIntExact(tensor.data().remaining() / rows);
    }

    /** The classifier that answers now, as it is served. */
    Tensor served(String name, int labels) {
        float[][] rows = best(labels);
        int columns = statistics.dimension() + 1;
        ByteBuffer values = ByteBuffer.allocate(labels * columns * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : rows) {
            for (float value : row) {
                values.putFloat(value);
            }
        }
        return new Tensor(name, ElementType.F32, List.of((long) labels, (long) columns), values.flip());
    }

    /**
     * What it says of texts.
     *
     * @param embeddings {@code [texts, dimension]}, each of length 1
     * @param labels how many
     * @return for each text the natural logarithm of each label's probability
     */
    double[][] logProbabilities(float[] embeddings, int labels) {
        return Voters.logProbabilities(best(labels), embeddings);
    }

    /** Takes an example in, and counts which shrinkages would have been right. */
    void learn(float[] embeddings, int text, int label) {
        int dimension = statistics.dimension();
        for (int i = 0; i < solutions.length; i++) {
            if (label < solutions[i].length && argmax(solutions[i], embeddings, text * dimension) == label) {
                correct[i]++;
            }
        }
        statistics.learn(Arrays.copyOfRange(embeddings, text * dimension, (text + 1) * dimension), label);
        if (schedule.due(statistics.size())) {
            solve();
        }
    }

    /** Answers by all that was learned from here on, however soon the next solution is due. */
    void refresh() {
        if (statistics.size() > 0) {
            schedule.solved(statistics.size());
            solve();
        }
    }

    private void solve() {
        solutions = SHRINKAGES.parallelStream()
                .map(shrinkage -> LdaSolution.of(statistics, shrinkage).rows(statistics.labels()))
                .toArray(float[][][]::new);
    }

    private static int argmax(float[][] rows, float[] embeddings, int from) {
        double[] scores = Voters.logProbabilities(rows, embeddings, from);
        int best = 0;
        for (int label = 1; label < scores.length; label++) {
            if (scores[label] > scores[best]) {
                best = label;
            }
        }
        return best;
    }

    /** The rows of the shrinkage that was right most often, of equal ones the largest; new labels have unknown ones. */
    private float[][] best(int labels) {
        int best = 0;
        for (int i = 1; i < correct.length; i++) {
            if (correct[i] >= correct[best]) {
                best = i;
            }
        }
        float[][] rows = Arrays.copyOf(solutions[best], labels);
        for (int label = solutions[best].length; label < labels; label++) {
            float[] row = new float[statistics.dimension() + 1];
            row[row.length - 1] = Voters.UNKNOWN;
            rows[label] = row;
        }
        return rows;
    }
}
