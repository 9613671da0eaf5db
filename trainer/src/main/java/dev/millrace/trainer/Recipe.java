package dev.millrace.trainer;

import dev.millrace.model.Head;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Every setting of learning. Two trainers with the same recipe, base and ledger make the same versions.
 *
 * @param batchSize fresh examples of a full mini-batch
 * @param maxBatchAge a mini-batch also closes when the log's time has moved on this far from its first example
 * @param rehearsalRatio examples drawn from the past for each fresh one
 * @param rehearsalCapacity examples of the past that are kept
 * @param encoderLearningRate of the layers that are trained
 * @param headLearningRateFactor how many times larger the head's learning rate is
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
        Duration maxBatchAge,
        double rehearsalRatio,
        int rehearsalCapacity,
        double encoderLearningRate,
        double headLearningRateFactor,
        double weightDecay,
        double gradientClip,
        double labelSmoothing,
        double averageDecay,
        double headScale,
        int frozenLayers,
        int maxTokens,
        long seed) {

    private static final String FROZEN_LAYERS = "frozen-layers";
    private static final String MAX_TOKENS = "max-tokens";

    /** What the shape of the weights, or the meaning of a text, depends on. */
    private static final Set<String> FIXED = Set.of(FROZEN_LAYERS, MAX_TOKENS);

    public Recipe {
        require(batchSize >= 1, "batchSize must be >= 1, but is " + batchSize);
        require(maxBatchAge.compareTo(Duration.ZERO) > 0, "maxBatchAge must be > 0, but is " + maxBatchAge);
        require(rehearsalRatio >= 0, "rehearsalRatio must be >= 0, but is " + rehearsalRatio);
        require(rehearsalCapacity >= 0, "rehearsalCapacity must be >= 0, but is " + rehearsalCapacity);
        require(encoderLearningRate >= 0, "encoderLearningRate must be >= 0, but is " + encoderLearningRate);
        require(headLearningRateFactor >= 0, "headLearningRateFactor must be >= 0, but is " + headLearningRateFactor);
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

    /**
     * The recipe of settings by name.
     *
     * @param settings all that {@link #asMap} gives
     * @return the recipe
     * @throws IllegalArgumentException when one is missing, cannot be read or breaks its rule
     */
    public static Recipe of(Map<String, String> settings) {
        return new Recipe(
                read(settings, "batch-size", Integer::valueOf),
                read(settings, "max-batch-age", Duration::parse),
                read(settings, "rehearsal-ratio", Double::valueOf),
                read(settings, "rehearsal-capacity", Integer::valueOf),
                read(settings, "encoder-learning-rate", Double::valueOf),
                read(settings, "head-learning-rate-factor", Double::valueOf),
                read(settings, "weight-decay", Double::valueOf),
                read(settings, "gradient-clip", Double::valueOf),
                read(settings, "label-smoothing", Double::valueOf),
                read(settings, "ema-decay", Double::valueOf),
                read(settings, "head-scale", Double::valueOf),
                read(settings, FROZEN_LAYERS, Integer::valueOf),
                read(settings, MAX_TOKENS, Integer::valueOf),
                read(settings, "seed", Long::valueOf));
    }

    private static <T> T read(Map<String, String> settings, String name, Function<String, T> parser) {
        String text = settings.get(name);
        require(text != null, "the setting " + name + " is missing");
        try {
            return parser.apply(String.valueOf(text));
        } catch (NumberFormatException | DateTimeException e) {
            throw new IllegalArgumentException("the setting " + name + " cannot be '" + text + "'", e);
        }
    }

    /** {@return each setting by its name, as it goes into the lineage of a version} */
    public Map<String, String> asMap() {
        Map<String, String> map = new TreeMap<>();
        map.put("batch-size", Integer.toString(batchSize));
        map.put("max-batch-age", maxBatchAge.toString());
        map.put("rehearsal-ratio", Double.toString(rehearsalRatio));
        map.put("rehearsal-capacity", Integer.toString(rehearsalCapacity));
        map.put("encoder-learning-rate", Double.toString(encoderLearningRate));
        map.put("head-learning-rate-factor", Double.toString(headLearningRateFactor));
        map.put("weight-decay", Double.toString(weightDecay));
        map.put("gradient-clip", Double.toString(gradientClip));
        map.put("label-smoothing", Double.toString(labelSmoothing));
        map.put("ema-decay", Double.toString(averageDecay));
        map.put("head-scale", Double.toString(headScale));
        map.put(FROZEN_LAYERS, Integer.toString(frozenLayers));
        map.put(MAX_TOKENS, Integer.toString(maxTokens));
        map.put("seed", Long.toString(seed));
        return map;
    }

    /**
     * This recipe with some settings changed, as happens between two mini-batches.
     *
     * @param changes new values by the names of {@link #asMap}
     * @return the new recipe
     * @throws IllegalArgumentException when a name is unknown, a value breaks its rule, or a setting cannot change during
     *     the life of a model
     */
    public Recipe with(Map<String, String> changes) {
        Map<String, String> settings = asMap();
        for (Map.Entry<String, String> change : changes.entrySet()) {
            String name = change.getKey();
            require(
                    settings.containsKey(name),
                    "there is no setting " + name + " of the recipe; there are "
                            + String.join(", ", settings.keySet()));
            require(
                    !FIXED.contains(name) || change.getValue().equals(settings.get(name)),
                    "trainer." + name + " is part of what the model is: it stays " + settings.get(name)
                            + " and cannot become " + change.getValue()
                            + "; set it back, or give the model another name to start anew");
            settings.put(name, change.getValue());
        }
        return of(settings);
    }

    /** The settings that another recipe has otherwise, with its values. */
    Map<String, String> differencesTo(Recipe other) {
        Map<String, String> differences = new TreeMap<>(other.asMap());
        asMap().forEach(differences::remove);
        return differences;
    }

    Head head() {
        return Head.cosine(headScale);
    }

    double headLearningRate() {
        return encoderLearningRate * headLearningRateFactor;
    }
}
