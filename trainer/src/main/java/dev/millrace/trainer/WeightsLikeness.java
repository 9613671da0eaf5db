package dev.millrace.trainer;

import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.Likeness;
import dev.millrace.registry.Likeness.Form;
import dev.millrace.registry.Likeness.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which tensors of fine-tuned weights began as which of the base. */
final class WeightsLikeness {

    private WeightsLikeness() {}

    /**
     * Those of the same name and shape; the head and adapters are like nothing.
     *
     * @param weights as they are written
     * @param base they were trained from
     * @param file of the base in the store
     */
    static Likeness of(ClassifierWeights weights, PretrainedModel base, Artifact file) {
        Map<String, Long> at = weights.positions();
        Map<String, Long> from = base.positions();
        List<Match> matches = new ArrayList<>();
        for (Tensor tensor : weights.tensors()) {
            Tensor origin = base.tensors().get(tensor.name());
            if (origin != null
                    && origin.type() == ElementType.F32
                    && origin.shape().equals(tensor.shape())
                    && (tensor.type() == ElementType.F32 || tensor.type() == ElementType.BF16)) {
                matches.add(new Match(
                        at.getOrDefault(tensor.name(), 0L),
                        from.getOrDefault(tensor.name(), 0L),
                        tensor.data().remaining() / tensor.type().bytes(),
                        tensor.type() == ElementType.F32 ? Form.FLOAT32 : Form.BFLOAT16));
            }
        }
        return new Likeness(file, matches);
    }
}
