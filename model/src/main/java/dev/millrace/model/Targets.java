package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * What a mini-batch teaches, text by text in the order of its {@link TokenBatch}. Immutable; arrays are not copied.
 */
public final class Targets {

    private final long[] labels;
    private final float[] weights;
    private final boolean[] fresh;
    private final List<float[]> knownLogits;

    private Targets(long[] labels, float[] weights, boolean[] fresh, List<float[]> knownLogits) {
        int texts = labels.length;
        if (weights.length != texts
                || (fresh.length > 0 && fresh.length != texts)
                || (!knownLogits.isEmpty() && knownLogits.size() != texts)) {
            throw new IllegalArgumentException("what is told must be told of each text, but there are " + texts
                    + " labels, " + weights.length + " weights, " + fresh.length + " marks of the fresh and "
                    + knownLogits.size() + " known logits");
        }
        this.labels = labels;
        this.weights = weights;
        this.fresh = fresh;
        this.knownLogits = knownLogits;
    }

    /**
     * Labels and weights alone.
     *
     * @param labels the index of each text's label
     * @param weights how much each text counts
     * @return they
     */
    public static Targets of(long[] labels, float[] weights) {
        return new Targets(labels, weights, new boolean[0], List.of());
    }

    /**
     * With marks of the fresh, which an asymmetric loss asks for.
     *
     * @param marks which texts were never learned before
     * @return these targets and the marks
     */
    public Targets withFresh(boolean[] marks) {
        return new Targets(labels, weights, marks, knownLogits);
    }

    /**
     * With logits to stay near to, which distillation asks for.
     *
     * @param logits what was answered for each text once: NaN where nothing is known, and shorter, or empty, where there
     *     were fewer labels then
     * @return these targets and the logits
     */
    public Targets withKnownLogits(List<float[]> logits) {
        return new Targets(labels, weights, fresh, List.copyOf(logits));
    }

    int size() {
        return labels.length;
    }

    /** The arguments {@code y}, {@code q}, {@code fresh} and {@code known} of the program, dummies where there is none. */
    NDList arguments(NDManager scope, StepSettings.Loss loss, long labelCount) {
        if (loss.asymmetric() && fresh.length == 0) {
            throw new IllegalArgumentException("an asymmetric loss must be told which texts are fresh");
        }
        NDArray y = scope.create(labels);
        y.setName("y");
        NDArray q = scope.create(weights);
        q.setName("q");
        NDArray marks = loss.asymmetric() ? scope.create(fresh) : scope.create(0f);
        marks.setName("fresh");
        NDArray known = loss.distillation() > 0 ? known(scope, Math.toIntExact(labelCount)) : scope.create(0f);
        known.setName("known");
        return new NDList(y, q, marks, known);
    }

    private NDArray known(NDManager scope, int labelCount) {
        float[] rows = new float[labels.length * labelCount];
        Arrays.fill(rows, Float.NaN);
        for (int row = 0; row < knownLogits.size(); row++) {
            float[] logits = knownLogits.get(row);
            if (logits.length > labelCount) {
                throw new IllegalArgumentException(
                        "there are " + labelCount + " labels, but known logits of " + logits.length);
            }
            System.arraycopy(logits, 0, rows, row * labelCount, logits.length);
        }
        return scope.create(FloatBuffer.wrap(rows), new Shape(labels.length, labelCount), DataType.FLOAT32);
    }
}
