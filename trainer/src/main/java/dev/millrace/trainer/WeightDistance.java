package dev.millrace.trainer;

import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How far two trainings of one model lie apart. */
final class WeightDistance {

    private WeightDistance() {}

    /**
     * The distance between two sets of weights, as a share of how far the second lies from the base.
     *
     * @return 0 for the same weights; infinite when labels or shapes differ
     */
    static double between(ClassifierWeights one, ClassifierWeights other, PretrainedModel base) {
        Map<String, Tensor> ones = one.tensors().stream().collect(Collectors.toMap(Tensor::name, Function.identity()));
        if (!one.labels().equals(other.labels())
                || ones.size() != other.tensors().size()) {
            return Double.POSITIVE_INFINITY;
        }
        double apart = 0;
        double trained = 0;
        for (Tensor tensor : other.tensors()) {
            Tensor counterpart = ones.get(tensor.name());
            if (counterpart == null || !counterpart.shape().equals(tensor.shape())) {
                return Double.POSITIVE_INFINITY;
            }
            apart += squaredDistance(tensor, counterpart);
            trained += squaredDistance(tensor, base.tensors().get(tensor.name()));
        }
        return apart == 0 ? 0 : Math.sqrt(apart / trained);
    }

    /** The head has no counterpart in the base, and lies as far from it as it is long. */
    private static double squaredDistance(Tensor tensor, @Nullable Tensor from) {
        FloatBuffer values = tensor.data().asFloatBuffer();
        FloatBuffer origin = from == null ? null : from.data().asFloatBuffer();
        double sum = 0;
        for (int i = 0; i < values.limit(); i++) {
            double difference = values.get(i) - (origin == null ? 0 : origin.get(i));
            sum += difference * difference;
        }
        return sum;
    }
}
