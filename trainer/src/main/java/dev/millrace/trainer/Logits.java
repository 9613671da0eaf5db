package dev.millrace.trainer;

import java.util.Arrays;

/**
 * What was answered to an example once, label by label, before softmax: dark experience (Buzzega et al. 2020). Labels that
 * came later have none. Immutable.
 */
final class Logits {

    /** Nothing was kept. */
    static final Logits NONE = new Logits(new float[0]);

    private final float[] values;

    private Logits(float[] values) {
        this.values = values;
    }

    static Logits of(float[] values) {
        return new Logits(values.clone());
    }

    /** One a label, NaN where it is not known. */
    float[] values() {
        return values.clone();
    }

    /** As if there were no such label; those behind it move up. */
    Logits without(int label) {
        if (label >= values.length) {
            return this;
        }
        float[] rest = Arrays.copyOf(values, values.length - 1);
        System.arraycopy(values, label + 1, rest, label, rest.length - label);
        return new Logits(rest);
    }

    /** As if it were not known what was answered for a label. */
    Logits forgetting(int label) {
        if (label >= values.length) {
            return this;
        }
        float[] rest = values.clone();
        rest[label] = Float.NaN;
        return new Logits(rest);
    }

    /** Each multiplied with a factor. */
    Logits times(double factor) {
        float[] scaled = values.clone();
        for (int label = 0; label < scaled.length; label++) {
            scaled[label] *= (float) factor;
        }
        return new Logits(scaled);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Logits logits && Arrays.equals(values, logits.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
