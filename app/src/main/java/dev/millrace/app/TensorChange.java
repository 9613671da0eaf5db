package dev.millrace.app;

import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * How far a tensor of one version lies from that of another.
 *
 * @param name of the tensor
 * @param relative the norm of the difference as a share of the norm in the second; empty when only one has it, or the
 *     shapes differ
 */
record TensorChange(String name, OptionalDouble relative) {

    /** The tensors that differ, those that differ most first. */
    static List<TensorChange> between(ClassifierWeights one, ClassifierWeights other) {
        Map<String, Tensor> ones = byName(one);
        Map<String, Tensor> others = byName(other);
        List<TensorChange> changes = new ArrayList<>();
        Map<String, Tensor> all = new TreeMap<>(ones);
        all.putAll(others);
        for (String name : all.keySet()) {
            Tensor before = ones.get(name);
            Tensor after = others.get(name);
            OptionalDouble relative =
                    before == null || after == null || !before.shape().equals(after.shape())
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(relative(
                                    before.data().asFloatBuffer(), after.data().asFloatBuffer()));
            if (relative.orElse(1) > 0) {
                changes.add(new TensorChange(name, relative));
            }
        }
        changes.sort(
                (a, b) -> Double.compare(b.relative.orElse(Double.MAX_VALUE), a.relative.orElse(Double.MAX_VALUE)));
        return changes;
    }

    private static Map<String, Tensor> byName(ClassifierWeights weights) {
        Map<String, Tensor> byName = new TreeMap<>();
        weights.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
        return byName;
    }

    private static double relative(FloatBuffer before, FloatBuffer after) {
        double apart = 0;
        double norm = 0;
        for (int i = 0; i < after.limit(); i++) {
            double difference = after.get(i) - before.get(i);
            apart += difference * difference;
            norm += (double) after.get(i) * after.get(i);
        }
        return apart == 0 ? 0 : Math.sqrt(apart / Math.max(norm, Double.MIN_NORMAL));
    }
}
