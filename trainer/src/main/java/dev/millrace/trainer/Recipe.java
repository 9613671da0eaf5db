package dev.millrace.trainer;

import java.util.Map;
import java.util.TreeMap;

/**
 * Every setting of learning. Two trainers with the same recipe, base and ledger make the same versions.
 *
 * @param batchSize fresh examples of a full mini-batch
 * @param rehearsalRatio examples drawn from the past for each fresh one
 * @param rehearsalCapacity examples of the past that are kept
 * @param encoderLearningRate of the layers that are trained
 * @param headLearningRate of the head
 * @param weightDecay of AdamW (Loshchilov and Hutter 2019)
 * @param gradientClip the longest gradient that is applied as it is; longer ones are scaled down to this norm
 * @param labelSmoothing share of the target that is spread over all labels, 0 to below 1
 * @param averageDecay of the exponential moving average of the weights; it warms up as (1+t)/(10+t)
 * @param headScale what the cosine of the head is multiplied with
 * @param frozenLayers how many of the lowest layers never change; the token embeddings never do
 * @param maxTokens of one text; longer ones are cut
 * @param seed of everything random
 */
public record Recipe(
        int batchSize,
        double rehearsalRatio,
        int rehearsalCapacity,
        double encoderLearningRate,
        double headLearningRate,
        double weightDecay,
        double gradientClip,
        double labelSmoothing,
        double averageDecay,
        double headScale,
        int frozenLayers,
        int maxTokens,
        long seed) {

    /** What the number of frozen layers is called in the lineage. */
    static final String FROZEN_LAYERS = "frozen-layers";

    public Recipe {
        require(batchSize >= 1, "batchSize must be >= 1, but is " + batchSize);
        require(rehearsalRatio >= 0, "rehearsalRatio must be >= 0, but is " + rehearsalRatio);
        require(rehearsalCapacity >= 0, "rehearsalCapacity must be >= 0, but is " + rehearsalCapacity);
        require(encoderLearningRate >= 0, "encoderLearningRate must be >= 0, but is " + encoderLearningRate);
        require(headLearningRate >= 0, "headLearningRate must be >= 0, but is " + headLearningRate);
        require(weightDecay >= 0, "weightDecay must be >= 0, but is " + weightDecay);
        require(gradientClip > 0, "gradientClip must be > 0, but is " + gradientClip);
        require(
                labelSmoothing >= 0 && labelSmoothing < 1,
                "labelSmoothing must be in [0, 1), but is " + labelSmoothing);
        require(averageDecay >= 0 && averageDecay < 1, "averageDecay must be in [0, 1), but is " + averageDecay);
        require(headScale > 0, "headScale must be > 0, but is " + headScale);
        require(frozenLayers >= 0, "frozenLayers must be >= 0, but is " + frozenLayers);
        require(maxTokens > 2, "maxTokens must be > 2, but is " + maxTokens);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }

    /** {@return each setting by its name, as it goes into the lineage of a version} */
    public Map<String, String> asMap() {
        Map<String, String> map = new TreeMap<>();
        map.put("batch-size", Integer.toString(batchSize));
        map.put("rehearsal-ratio", Double.toString(rehearsalRatio));
        map.put("rehearsal-capacity", Integer.toString(rehearsalCapacity));
        map.put("encoder-learning-rate", Double.toString(encoderLearningRate));
        map.put("head-learning-rate", Double.toString(headLearningRate));
        map.put("weight-decay", Double.toString(weightDecay));
        map.put("gradient-clip", Double.toString(gradientClip));
        map.put("label-smoothing", Double.toString(labelSmoothing));
        map.put("average-decay", Double.toString(averageDecay));
        map.put("head-scale", Double.toString(headScale));
        map.put(FROZEN_LAYERS, Integer.toString(frozenLayers));
        map.put("max-tokens", Integer.toString(maxTokens));
        map.put("seed", Long.toString(seed));
        return map;
    }
}
