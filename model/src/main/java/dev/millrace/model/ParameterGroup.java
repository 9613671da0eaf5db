package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Tensors that are trained together, each with all that the optimizer keeps of it, in native memory.
 *
 * <p>A training step changes the arrays in place. Not thread-safe: it belongs to the training thread.
 */
public final class ParameterGroup implements AutoCloseable {

    /** What is kept of each tensor. Whatever is added here is snapshot and restored with the rest. */
    public enum Part {
        /** The weights that are trained. */
        VALUE("p"),
        /** The running mean of the gradient, or what an optimizer keeps in its place. */
        FIRST_MOMENT("m"),
        /** The running mean of the squared gradient. */
        SECOND_MOMENT("v"),
        /** How many updates there were, a scalar. */
        UPDATES("s"),
        /** The exponential moving average of the weights: what is served. */
        AVERAGE("a"),
        /** The gradient that waits for more mini-batches; a scalar as long as none ever waited. */
        GRADIENT("g");

        private final String argument;

        Part(String argument) {
            this.argument = argument;
        }

        /**
         * The name of a tensor's part in a snapshot.
         *
         * @param tensor the name of the tensor itself
         * @return for example {@code first_moment/head.weight}
         */
        public String of(String tensor) {
            return name().toLowerCase(Locale.ROOT) + "/" + tensor;
        }
    }

    private final NDManager owner;
    private final List<String> names;
    private final Map<Part, NDList> parts = new EnumMap<>(Part.class);

    private ParameterGroup(NDManager owner, List<String> names) {
        this.owner = owner;
        this.names = List.copyOf(names);
        for (Part part : Part.values()) {
            parts.put(part, new NDList());
        }
    }

    /**
     * A group that was never updated.
     *
     * @param network on whose device it lives
     * @param values the initial weights, float32
     * @return the group; the caller closes it
     */
    public static ParameterGroup fresh(Network network, List<Tensor> values) {
        ParameterGroup group = new ParameterGroup(
                network.manager().newSubManager(),
                values.stream().map(Tensor::name).toList());
        for (Tensor tensor : values) {
            NDArray value = group.load(tensor);
            group.part(Part.VALUE).add(value);
            group.part(Part.FIRST_MOMENT).add(value.zerosLike());
            group.part(Part.SECOND_MOMENT).add(value.zerosLike());
            group.part(Part.UPDATES).add(group.owner.create(0f));
            group.part(Part.AVERAGE).add(value.duplicate());
            group.part(Part.GRADIENT).add(group.owner.create(0f));
        }
        return group;
    }

    /**
     * A group as it was when {@link #snapshot} was taken.
     *
     * @param network on whose device it lives
     * @param names of its tensors, in order
     * @param parts finds a tensor by the name that {@link Part#of} gives it
     * @return the group; the caller closes it
     */
    public static ParameterGroup restored(Network network, List<String> names, Function<String, Tensor> parts) {
        ParameterGroup group = new ParameterGroup(network.manager().newSubManager(), names);
        try {
            for (Part part : Part.values()) {
                for (String name : names) {
                    group.part(part).add(group.load(parts.apply(part.of(name))));
                }
            }
            return group;
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    /** {@return a copy of every part of every tensor, named by {@link Part#of}} */
    public List<Tensor> snapshot() {
        List<Tensor> copies = new ArrayList<>();
        for (Part part : Part.values()) {
            for (int i = 0; i < names.size(); i++) {
                copies.add(copy(part.of(names.get(i)), part(part).get(i)));
            }
        }
        return copies;
    }

    /**
     * Appends rows to some tensors of this group, as values and as averages, with empty moments. What was there, moments
     * and all, stays as it is.
     *
     * @param rows named as the tensors that they extend, and of the same dimensions but the first
     */
    public void appendRows(List<Tensor> rows) {
        rows.forEach(this::requireFit);
        for (Tensor added : rows) {
            int index = names.indexOf(added.name());
            try (NDArray weights = NativeArray.of(owner, added);
                    NDArray moments = weights.zerosLike()) {
                for (Part part : Part.values()) {
                    NDArray shorter = part(part).get(index);
                    if (!shorter.isScalar()) {
                        boolean weight = part == Part.VALUE || part == Part.AVERAGE;
                        part(part).set(index, shorter.concat(weight ? weights : moments, 0));
                        shorter.close();
                    }
                }
            }
        }
    }

    private void requireFit(Tensor rows) {
        int index = names.indexOf(rows.name());
        if (index < 0) {
            throw new IllegalArgumentException("there is no tensor named " + rows.name() + " to append to: " + names);
        }
        Shape old = part(Part.VALUE).get(index).getShape();
        List<Long> added = rows.shape();
        boolean fits = rows.type() == ElementType.F32 && !added.isEmpty() && added.size() == old.dimension();
        for (int i = 1; fits && i < old.dimension(); i++) {
            fits = added.get(i) == old.get(i);
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    names.get(index) + " has the shape " + old + " and cannot grow by the rows of " + rows);
        }
    }

    /** Forgets what an optimizer keeps, as if there had been no update: to another one it would mean something else. */
    public void restartMoments() {
        for (Part part : List.of(Part.FIRST_MOMENT, Part.SECOND_MOMENT, Part.UPDATES)) {
            NDList arrays = part(part);
            for (int i = 0; i < arrays.size(); i++) {
                NDArray old = arrays.set(i, arrays.get(i).zerosLike());
                old.close();
            }
        }
    }

    /** Makes room for gradients that wait. */
    void accumulate() {
        NDList gradients = part(Part.GRADIENT);
        for (int i = 0; i < gradients.size(); i++) {
            if (gradients.get(i).isScalar()) {
                gradients.get(i).close();
                gradients.set(i, part(Part.VALUE).get(i).zerosLike());
            }
        }
    }

    /** How many rows the first tensor has; of a head, that is its labels. */
    long rows() {
        return part(Part.VALUE).get(0).getShape().get(0);
    }

    /** {@return the averaged weights themselves, in order, not copies} */
    public NDList averages() {
        return part(Part.AVERAGE);
    }

    /** The weights that are trained themselves, in order, not copies. */
    NDList values() {
        return part(Part.VALUE);
    }

    /**
     * All parts of the tensors from one on, as the arguments {@code p[] m[] v[] s[] a[] g[]} of the network program, each
     * after a prefix.
     */
    NDList arguments(String prefix, int first) {
        NDList all = new NDList();
        for (Part part : Part.values()) {
            NDList arrays = part(part).subNDList(first);
            arrays.forEach(array -> array.setName(prefix + part.argument + "[]"));
            all.addAll(arrays);
        }
        return all;
    }

    /** How many tensors, from the first on, are to the bit what is given, and so are their averages. */
    int unchanged(List<Tensor> given) {
        int same = 0;
        try (NDManager scope = owner.newSubManager()) {
            while (same < given.size() && isUnchanged(same, NativeArray.of(scope, given.get(same)))) {
                same++;
            }
        }
        return same;
    }

    private boolean isUnchanged(int index, NDArray given) {
        return part(Part.VALUE).get(index).contentEquals(given)
                && part(Part.AVERAGE).get(index).contentEquals(given);
    }

    private NDArray load(Tensor tensor) {
        if (tensor.type() != ElementType.F32) {
            throw new IllegalArgumentException("parameters are trained in F32, but this is " + tensor);
        }
        return NativeArray.of(owner, tensor);
    }

    private NDList part(Part part) {
        return Objects.requireNonNull(parts.get(part));
    }

    private static Tensor copy(String name, NDArray array) {
        if (array.getDataType() != DataType.FLOAT32) {
            throw new IllegalStateException(name + " must be float32, but is " + array.getDataType());
        }
        Shape shape = array.getShape();
        List<Long> dimensions = new ArrayList<>();
        for (long dimension : shape.getShape()) {
            dimensions.add(dimension);
        }
        ByteBuffer bytes = array.toByteBuffer(false);
        return new Tensor(name, ElementType.F32, dimensions, bytes);
    }

    @Override
    public void close() {
        owner.close();
    }
}
