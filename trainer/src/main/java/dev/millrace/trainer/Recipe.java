package dev.millrace.trainer;

import dev.millrace.model.Adapters;
import dev.millrace.model.Compute;
import dev.millrace.model.Head;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.StepSettings.Loss;
import dev.millrace.model.StepSettings.Optimizer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Every setting of learning. Two trainers with the same recipe, base and ledger make the same versions.
 *
 * <p>What there is to set, its bounds and its default is one row each in {@link #settings}. Immutable.
 */
public final class Recipe {

    private final Map<String, String> values;

    private Recipe(Map<String, String> values) {
        this.values = Collections.unmodifiableMap(values);
    }

    /** {@return every setting there is, in the order of the reference page} */
    public static List<RecipeSetting> settings() {
        return RecipeTable.ROWS;
    }

    /** {@return the recipe of all defaults} */
    public static Recipe standard() {
        return standardBut(Map.of());
    }

    /**
     * The recipe of all defaults but some.
     *
     * @param values by name
     * @return the recipe
     * @throws IllegalArgumentException when a name is unknown or a value breaks its rule
     */
    public static Recipe standardBut(Map<String, String> values) {
        Map<String, String> all = new TreeMap<>(values);
        settings().forEach(setting -> all.putIfAbsent(setting.name(), setting.standard()));
        return of(all);
    }

    /**
     * A recipe as it was recorded. A setting that it does not name came later, and has the value that changes nothing.
     *
     * @param recorded what {@link #asMap} gave
     * @return the recipe
     * @throws IllegalArgumentException when a name is unknown or a value breaks its rule
     */
    public static Recipe of(Map<String, String> recorded) {
        Map<String, String> unknown = new TreeMap<>(recorded);
        Map<String, String> values = new TreeMap<>();
        for (RecipeSetting setting : settings()) {
            String given = unknown.remove(setting.name());
            values.put(setting.name(), setting.read(given == null ? setting.absent() : given));
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("there is no setting " + String.join(", ", unknown.keySet())
                    + " of the recipe; there are " + String.join(", ", values.keySet()));
        }
        return new Recipe(values);
    }

    /** {@return each setting by its name, as it goes into the lineage of a version} */
    public Map<String, String> asMap() {
        return values;
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
        Map<String, String> changed = new TreeMap<>(values);
        changed.putAll(changes);
        Recipe recipe = of(changed);
        for (RecipeSetting setting : settings()) {
            String now = text(setting.name());
            String then = recipe.text(setting.name());
            if (setting.fixed() && !now.equals(then)) {
                throw new IllegalArgumentException("trainer." + setting.name()
                        + " is part of what the model is: it stays " + now + " and cannot become " + then
                        + "; set it back, or give the model another name to start anew");
            }
        }
        return recipe;
    }

    /** The settings that another recipe has otherwise, with its values. */
    Map<String, String> differencesTo(Recipe other) {
        Map<String, String> differences = new TreeMap<>(other.values);
        differences.entrySet().removeAll(values.entrySet());
        return differences;
    }

    /** Whether the weights that are served are rounded, so that training needs the exact ones beside them. */
    boolean roundsServed() {
        return text("serving-precision").equals("bfloat16");
    }

    private String text(String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    private int whole(String name) {
        return Integer.parseInt(text(name));
    }

    private double number(String name) {
        return Double.parseDouble(text(name));
    }

    /** {@return how many fresh examples a full mini-batch has} */
    public int batchSize() {
        return whole("batch-size");
    }

    Duration maxBatchAge() {
        return Duration.parse(text("max-batch-age"));
    }

    double rehearsalRatio() {
        return number("rehearsal-ratio");
    }

    int rehearsalCapacity() {
        return whole("rehearsal-capacity");
    }

    Selection rehearsalSelection() {
        return Selection.of(text("rehearsal-selection"));
    }

    DriftReaction driftReaction() {
        return DriftReaction.of(text("drift-reaction"));
    }

    double driftConfidence() {
        return number("drift-confidence");
    }

    double holdoutShare() {
        return number("holdout-share");
    }

    int holdoutWindow() {
        return whole("holdout-window");
    }

    double encoderLearningRate() {
        return number("encoder-learning-rate");
    }

    double headLearningRate() {
        return encoderLearningRate() * number("head-learning-rate-factor");
    }

    double weightDecay() {
        return number("weight-decay");
    }

    double gradientClip() {
        return number("gradient-clip");
    }

    double labelSmoothing() {
        return number("label-smoothing");
    }

    double averageDecay() {
        return number("ema-decay");
    }

    /**
     * What a recipe must say so that it goes on with a head that there is already.
     *
     * @param head that was trained elsewhere
     * @return settings by name
     */
    public static Map<String, String> settingsOf(Head head) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("head", lower(head.last()));
        settings.put("head-scale", Double.toString(head.scale()));
        if (!head.hiddenLayers().isEmpty()) {
            settings.put(
                    "head-layers",
                    head.hiddenLayers().stream().map(String::valueOf).collect(Collectors.joining(",")));
            settings.put("head-activation", lower(head.activation()));
            settings.put("head-norm", head.layerNorm() ? "layer" : "none");
        }
        return settings;
    }

    private static String lower(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Checks that a head that there is already is the one that this recipe trains.
     *
     * @throws IllegalArgumentException when it is another; the message says which settings it takes
     */
    void requireHead(Head given) {
        Map<String, String> needed = settingsOf(given);
        if (given.last() != Head.Last.COSINE) {
            needed.remove("head-scale"); // it says how new rows begin, which is the recipe's affair
        }
        Map<String, String> other = new TreeMap<>();
        needed.forEach((name, value) -> {
            if (!text(name).equals(value)) {
                other.put(name, value);
            }
        });
        boolean otherLayers = !given.hiddenLayers().equals(head().hiddenLayers());
        if (!other.isEmpty() || otherLayers) {
            throw new IllegalArgumentException("the base has a head of its own, which takes "
                    + needed.entrySet().stream()
                            .map(setting -> "trainer." + setting.getKey() + "=" + setting.getValue())
                            .collect(Collectors.joining(", "))
                    + " and no other hidden layers; to train a new head, set trainer.base-head=new");
        }
    }

    Head head() {
        Head.Last last = Head.Last.valueOf(upper("head"));
        return last == Head.Last.BERT ? Head.bert(number("head-scale")) : head(last);
    }

    private Head head(Head.Last last) {
        return new Head(
                last,
                number("head-scale"),
                RecipeSetting.Widths.read(text("head-layers")),
                Head.Activation.valueOf(upper("head-activation")),
                text("head-norm").equals("layer"));
    }

    Adapters adapters() {
        int rank = whole("adapter-rank");
        return rank == 0 ? Adapters.NONE : Adapters.of(rank, Adapters.Target.valueOf(upper("adapter-targets")));
    }

    private String upper(String name) {
        return text(name).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** {@return a base in native memory, as this recipe trains it; the caller closes it} */
    Network network(PretrainedModel kept, Compute compute) {
        return Network.load(kept, compute, frozenLayers(), adapters());
    }

    /** {@return the part of a base that is used} */
    PretrainedModel kept(PretrainedModel base) {
        int layers = whole("kept-layers");
        return layers == 0 ? base : base.lowest(layers);
    }

    Optimizer optimizer() {
        return Optimizer.valueOf(upper("optimizer"));
    }

    double layerDecay() {
        return number("layer-decay");
    }

    /** {@return how many of the layers that are not frozen learn, from the top, after so many examples} */
    int thawedLayers(int layers, long examples) {
        int pace = whole("thaw-every-examples");
        return pace == 0 ? layers : (int) Math.min(layers, 1 + examples / pace);
    }

    /** {@return what learning rates are multiplied with at a step, counted from 1} */
    double rateFactor(long step) {
        int warmUp = whole("warm-up-steps");
        double warm = step < warmUp ? (double) step / warmUp : 1;
        double turns = (double) Math.max(0, step - 1 - warmUp) / whole("schedule-steps");
        return warm
                * switch (text("schedule")) {
                    case "cosine" -> (1 + Math.cos(Math.PI * (turns - Math.floor(turns)))) / 2;
                    case "inverse-sqrt" -> 1 / Math.sqrt(1 + turns);
                    default -> 1;
                };
    }

    int accumulation() {
        return whole("accumulation");
    }

    boolean isBalanced() {
        return text("class-weights").equals("balanced");
    }

    Loss loss() {
        return new Loss(
                labelSmoothing(),
                Boolean.parseBoolean(text("asymmetric-loss")),
                number("distillation"),
                number("contrast"));
    }

    double dropout() {
        return number("dropout");
    }

    double headDropout() {
        return number("head-dropout");
    }

    int frozenLayers() {
        return whole("frozen-layers");
    }

    boolean hasLinearVoter() {
        return List.of("linear", "all").contains(text("voters"));
    }

    boolean hasNeighbours() {
        return List.of("neighbours", "all").contains(text("voters"));
    }

    int voterMemory() {
        return whole("voter-memory");
    }

    /** {@return the most tokens of one text; longer ones are cut} */
    public int maxTokens() {
        return whole("max-tokens");
    }

    /** {@return what every random choice comes from, with the number of the step} */
    public long seed() {
        return Long.parseLong(text("seed"));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Recipe recipe && values.equals(recipe.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return "Recipe" + values;
    }
}
