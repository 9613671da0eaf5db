package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import dev.millrace.model.Head;
import dev.millrace.model.Network;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The head of the fine-tuned classifier and its labels: a row of the last layer is added for each label that comes, and
 * taken out for each that goes. There are no weights before the first label.
 *
 * <p>Not thread-safe: it belongs to the training thread.
 */
final class GrowingHead implements AutoCloseable {

    private final Network network;
    private Labels labels;
    private @Nullable ParameterGroup weights;

    private GrowingHead(Network network, Labels labels, @Nullable ParameterGroup weights) {
        this.network = network;
        this.labels = labels;
        this.weights = weights;
    }

    /** A head as it was when {@link #snapshot} was taken, which is empty where no label was known. */
    static GrowingHead restored(Network network, Recipe recipe, Labels labels, List<Tensor> snapshot) {
        return new GrowingHead(network, labels, weights(network, recipe, snapshot));
    }

    private static @Nullable ParameterGroup weights(Network network, Recipe recipe, List<Tensor> snapshot) {
        return snapshot.isEmpty()
                ? null
                : ParameterGroup.restored(network, recipe.head().names(), LearnerState.byName(snapshot));
    }

    /** The labels that it has rows for, in their order. */
    Labels labels() {
        return labels;
    }

    /** Null while no label is known. */
    @Nullable ParameterGroup weights() {
        return weights;
    }

    /** Has whatever optimizer comes next begin anew. */
    void restartMoments() {
        if (weights != null) {
            weights.restartMoments();
        }
    }

    /** What the hidden layers are before anything was learned. */
    List<Tensor> freshHiddenLayers(Recipe recipe) {
        return recipe.head().freshHiddenLayers(network.config().hidden(), recipe.seed());
    }

    /** Labels that were not known, in the order of the log, and the rows that they would begin with. */
    record NewRows(List<String> labels, List<Tensor> rows) {

        private boolean isFinite() {
            return rows.stream().allMatch(Tensor::isFinite);
        }
    }

    /**
     * The rows of labels that a mini-batch is the first to name; nothing is changed yet.
     *
     * @param features of its texts in front of the last layer, row after row
     */
    NewRows newRows(Recipe recipe, ExampleBatch batch, NDArray features) {
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            String label = batch.examples().get(i).label();
            if (labels.indexOf(label) == Labels.UNKNOWN) {
                members.computeIfAbsent(label, unseen -> new ArrayList<>())
                        .add(batch.rows().get(i));
            }
        }
        return members.isEmpty()
                ? new NewRows(List.of(), List.of())
                : imprinted(recipe, members, features.toFloatArray());
    }

    private NewRows imprinted(Recipe recipe, Map<String, List<Integer>> members, float[] features) {
        int width = recipe.head().width(network.config().hidden());
        Tensor directions = Imprint.rows(features, width, List.copyOf(members.values()), Head.ROWS);
        return new NewRows(List.copyOf(members.keySet()), recipe.head().newRows(directions, features));
    }

    /**
     * Adds rows for new labels.
     *
     * @param step that they are added for
     * @return takes them back, for the step may yet fail
     * @throws NonFiniteLossException when a row is not finite; nothing is added
     */
    Runnable admit(Recipe recipe, NewRows added, long step) {
        if (added.labels().isEmpty()) {
            return () -> {};
        }
        if (!added.isFinite()) {
            throw new NonFiniteLossException(step, Double.NaN, Double.NaN);
        }
        Labels labelsBefore = new Labels(labels.inOrder(), labels.formerNames());
        List<Tensor> before = snapshot();
        added.labels().forEach(labels::add);
        if (weights == null) {
            List<Tensor> whole = new ArrayList<>(added.rows());
            whole.addAll(freshHiddenLayers(recipe));
            weights = ParameterGroup.fresh(network, whole);
        } else {
            weights.appendRows(added.rows());
        }
        return () -> {
            labels = labelsBefore;
            replace(recipe, before);
        };
    }

    /**
     * Forgets a label; no bit of the others is changed.
     *
     * @return the index that it had, or {@link Labels#UNKNOWN} when it was a former name
     * @throws IllegalArgumentException when there is no such label
     */
    int retire(Recipe recipe, String label) {
        int index = labels.retire(label);
        if (index != Labels.UNKNOWN) {
            List<Tensor> rest = snapshot();
            for (String rows : List.of(Head.ROWS, Head.BIAS)) {
                rest = HeadRows.without(rest, rows, index);
            }
            replace(recipe, labels.size() == 0 ? List.of() : rest);
        }
        return index;
    }

    /**
     * Begins the row of a label anew, as if its only examples were these; where that gives no finite row, nothing is
     * changed.
     *
     * @param features of the examples in front of the last layer, row after row
     */
    void beginAnew(Recipe recipe, String label, NDArray features) {
        List<Integer> all = IntStream.range(
                        0, Math.toIntExact(features.getShape().get(0)))
                .boxed()
                .toList();
        NewRows own = imprinted(recipe, Map.of(label, all), features.toFloatArray());
        if (own.isFinite()) {
            List<Tensor> parts = snapshot();
            for (Tensor row : own.rows()) {
                parts = HeadRows.with(parts, labels.indexOf(label), row);
            }
            replace(recipe, parts);
        }
    }

    private void replace(Recipe recipe, List<Tensor> snapshot) {
        Objects.requireNonNull(weights).close();
        weights = weights(network, recipe, snapshot);
    }

    /** Copies every part out of native memory; empty while no label is known. */
    List<Tensor> snapshot() {
        return weights == null ? List.of() : weights.snapshot();
    }

    @Override
    public void close() {
        if (weights != null) {
            weights.close();
        }
    }
}
