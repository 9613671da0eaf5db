package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What stands on an encoder and makes logits of an embedding: any number of hidden layers, and a last layer with a row for
 * each label. Immutable.
 *
 * <p>Hidden layers, and a linear last layer, see the embedding scaled by the root of its width, so that its elements are
 * about 1. That of {@link Last#BERT} sees what Hugging Face's {@code BertForSequenceClassification} does.
 *
 * @param last how features become logits
 * @param scale what a cosine is multiplied with; beside a linear last layer, how far apart the logits of a new label are
 *     at most
 * @param hiddenLayers the width of each, the lowest first; empty for none
 * @param activation behind each hidden layer
 * @param layerNorm whether each hidden layer is normalized before its activation
 */
public record Head(Last last, double scale, List<Integer> hiddenLayers, Activation activation, boolean layerNorm) {

    /** The kinds of last layer. */
    public enum Last {
        /** The logit is {@code scale} times the cosine between the features and the label's row. */
        COSINE,
        /** The logit is the product of the features and the label's row, plus the label's bias. */
        LINEAR,
        /**
         * As {@link #LINEAR}, on the last hidden state of the first token as it is, behind one hidden layer of the encoder's
         * width and a hyperbolic tangent, the pooler (Devlin et al. 2019). Other hidden layers there are none, and how the
         * encoder pools otherwise does not matter.
         */
        BERT
    }

    /** What stands between two layers. */
    public enum Activation {
        /** The positive part. */
        RELU(0),
        /** GELU (Hendrycks and Gimpel 2016). */
        GELU(1),
        /** The hyperbolic tangent. */
        TANH(2);

        private final int code;

        Activation(int code) {
            this.code = code;
        }
    }

    /** The name of the rows, {@code [labels, width of the features]}. */
    public static final String ROWS = "head.weight";

    /** The name of a linear last layer's bias, {@code [labels]}. */
    public static final String BIAS = "head.bias";

    /** The name of the pooler's matrix in a head of {@link Last#BERT}, {@code [hidden, hidden]}. */
    public static final String POOLER_WEIGHT = "head.pooler.weight";

    /** The name of the pooler's bias, {@code [hidden]}. */
    public static final String POOLER_BIAS = "head.pooler.bias";

    private static final String PREFIX = "head.";

    public Head {
        hiddenLayers = List.copyOf(hiddenLayers);
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("headScale must be a number > 0, but is " + scale);
        }
        if (last == Last.BERT && (!hiddenLayers.isEmpty() || activation != Activation.TANH || layerNorm)) {
            throw new IllegalArgumentException(
                    "a bert head has its pooler with a tanh alone, and no other hidden layers and no norm");
        }
        if (hiddenLayers.stream().anyMatch(width -> width < 1)) {
            throw new IllegalArgumentException(
                    "each hidden layer must have a width >= 1, but they are " + hiddenLayers);
        }
    }

    /**
     * A cosine head without hidden layers.
     *
     * @param scale what the cosine is multiplied with
     * @return it
     */
    public static Head cosine(double scale) {
        return new Head(Last.COSINE, scale, List.of(), Activation.GELU, false);
    }

    /**
     * A linear head without hidden layers: a logistic regression on the embedding.
     *
     * @param scale how far apart the logits of a new label are at most
     * @return it
     */
    public static Head linear(double scale) {
        return new Head(Last.LINEAR, scale, List.of(), Activation.GELU, false);
    }

    /**
     * The head of {@code BertForSequenceClassification}.
     *
     * @param scale how far apart the logits of a new label are at most
     * @return it
     */
    public static Head bert(double scale) {
        return new Head(Last.BERT, scale, List.of(), Activation.TANH, false);
    }

    /**
     * Whether a tensor is a head's, by its name.
     *
     * @param tensor such as {@code head.weight}
     * @return true for all names that {@link #names} of any head has
     */
    public static boolean owns(String tensor) {
        return tensor.startsWith(PREFIX);
    }

    /**
     * The width of the features, which is that of the rows.
     *
     * @param embedding elements of an embedding
     * @return elements of a row
     */
    public int width(int embedding) {
        return hiddenLayers.isEmpty() ? embedding : hiddenLayers.get(hiddenLayers.size() - 1);
    }

    /** {@return the names of its tensors, in the order in which the program takes them} */
    public List<String> names() {
        List<String> names = new ArrayList<>(lastNames());
        names.addAll(hiddenNames());
        return names;
    }

    private List<String> lastNames() {
        return last == Last.COSINE ? List.of(ROWS) : List.of(ROWS, BIAS);
    }

    private List<String> hiddenNames() {
        if (last == Last.BERT) {
            return List.of(POOLER_WEIGHT, POOLER_BIAS);
        }
        List<String> names = new ArrayList<>();
        for (int layer = 0; layer < hiddenLayers.size(); layer++) {
            names.add(PREFIX + "hidden." + layer + ".weight");
            names.add(PREFIX + "hidden." + layer + ".bias");
            if (layerNorm) {
                names.add(PREFIX + "hidden." + layer + ".norm.weight");
                names.add(PREFIX + "hidden." + layer + ".norm.bias");
            }
        }
        return names;
    }

    /**
     * Hidden layers that have learned nothing: matrices uniform as Glorot and Bengio 2010 have it, biases 0, norms 1.
     *
     * @param embedding elements of an embedding
     * @param seed the same one gives the same weights
     * @return the tensors of the hidden layers, in order; none when there are no such layers
     */
    public List<Tensor> freshHiddenLayers(int embedding, long seed) {
        List<Tensor> tensors = new ArrayList<>();
        for (String name : hiddenNames()) {
            List<Long> shape = shape(name, embedding, 0);
            if (shape.size() == 2) {
                double bound = Math.sqrt(6.0 / (shape.get(0) + shape.get(1)));
                SplittableRandom random = new SplittableRandom(seed + name.hashCode());
                tensors.add(filled(name, shape, () -> (float) random.nextDouble(-bound, bound)));
            } else {
                float value = name.endsWith("norm.weight") ? 1 : 0;
                tensors.add(filled(name, shape, () -> value));
            }
        }
        return tensors;
    }

    private interface Source {
        float next();
    }

    private static Tensor filled(String name, List<Long> shape, Source source) {
        int elements = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
        ByteBuffer data = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (data.hasRemaining()) {
            data.putFloat(source.next());
        }
        return new Tensor(name, ElementType.F32, shape, data.flip());
    }

    /**
     * What the last layer gets for labels that it did not have: rows that point where the labels' first examples lie
     * (imprinting, Qi et al. 2018). In front of a linear layer they are as long as makes the logit of an example right
     * there {@code scale}, when its features are as long as is common; its bias is 0.
     *
     * @param directions {@code [labels, width]}, each row of length 1
     * @param features some texts' features, row after row, to see how long they are
     * @return the tensors of the last layer, in order, with a row for each label
     */
    public List<Tensor> newRows(Tensor directions, float[] features) {
        Tensor rows = new Tensor(ROWS, directions.type(), directions.shape(), directions.data());
        if (last == Last.COSINE) {
            return List.of(rows);
        }
        int width = Math.toIntExact(rows.shape().get(1));
        double squares = 0;
        for (float feature : features) {
            squares += (double) feature * feature;
        }
        double length = Math.sqrt(squares * width / features.length);
        double factor = length > 0 ? scale / length : 0;
        ByteBuffer from = rows.data();
        return List.of(
                filled(ROWS, rows.shape(), () -> (float) (factor * from.getFloat())),
                filled(BIAS, List.of(rows.shape().get(0)), () -> 0));
    }

    /** The shape of one of its tensors. */
    private List<Long> shape(String name, int embedding, int labels) {
        long width = width(embedding);
        if (name.equals(ROWS)) {
            return List.of((long) labels, width);
        }
        if (name.equals(BIAS)) {
            return List.of((long) labels);
        }
        if (name.equals(POOLER_WEIGHT)) {
            return List.of((long) embedding, (long) embedding);
        }
        if (name.equals(POOLER_BIAS)) {
            return List.of((long) embedding);
        }
        int layer = Integer.parseInt(name.split("\\.", -1)[2]);
        long out = hiddenLayers.get(layer);
        long in = layer == 0 ? embedding : hiddenLayers.get(layer - 1);
        boolean matrix = name.endsWith("weight") && !name.endsWith("norm.weight");
        return matrix ? List.of(out, in) : List.of(out);
    }

    /**
     * Its tensors among others, in order.
     *
     * @throws IllegalArgumentException when one is missing or has another shape
     */
    List<Tensor> select(List<Tensor> tensors, int embedding, int labels) {
        List<String> names = names();
        List<String> surplus = tensors.stream()
                .map(Tensor::name)
                .filter(name -> owns(name) && !names.contains(name))
                .toList();
        if (!surplus.isEmpty()) {
            throw new IllegalArgumentException("this head has no tensors named " + surplus);
        }
        List<Tensor> own = new ArrayList<>();
        for (String name : names) {
            List<Long> shape = shape(name, embedding, labels);
            own.add(tensors.stream()
                    .filter(tensor -> tensor.name().equals(name)
                            && tensor.type() == ElementType.F32
                            && tensor.shape().equals(shape))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("there must be a tensor " + name + ": F32" + shape
                            + (name.equals(ROWS) ? ", one row a label" : ""))));
        }
        return own;
    }

    /** The scalars of the program that describe a head. */
    float[] scalars() {
        return new float[] {last == Last.COSINE ? 0 : 1, (float) scale, activation.code, layerNorm ? 1 : 0};
    }
}
