package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings whose labels are known, of which those nearest to a text vote (Cover and Hart 1967): each of the {@value
 * #VOTERS} most similar counts e^({@value #SHARPNESS} s), with s the cosine of the two.
 *
 * <p>They are kept in bfloat16, and compared in float32. Changed by one thread; while it does not change, several threads
 * may ask.
 */
public final class Neighbours implements AutoCloseable {

    /** How many vote. */
    public static final int VOTERS = 20;

    /** How much more a nearer one counts. */
    public static final double SHARPNESS = 30;

    /** The share of the votes that is spread over all labels, for a label without a vote is not impossible. */
    private static final double DOUBT = 0.02;

    /** From which cosine on two embeddings are of one text: the same text in another batch is not the same to the bit. */
    private static final double SAME = 0.998;

    private static final int BLOCK = 1024;

    private final NDManager manager;
    private final int hidden;
    private final List<ByteBuffer> rows = new ArrayList<>();
    private final List<@Nullable NDArray> blocks = new ArrayList<>();
    private int[] labels = new int[BLOCK];
    private int size;

    /**
     * None yet.
     *
     * @param owner on whose device they are compared
     * @param hidden elements of an embedding
     */
    public Neighbours(NDManager owner, int hidden) {
        this.manager = owner.newSubManager();
        this.hidden = hidden;
    }

    /**
     * Those that {@link #embeddings} and {@link #labels} gave.
     *
     * @param owner on whose device they are compared
     * @param embeddings {@code [size, hidden]}, bfloat16
     * @param labels {@code [size]}, int32
     * @return the same neighbours
     */
    public static Neighbours of(NDManager owner, Tensor embeddings, Tensor labels) {
        if (embeddings.type() != ElementType.BF16
                || labels.type() != ElementType.I32
                || embeddings.shape().size() != 2
                || !labels.shape().equals(embeddings.shape().subList(0, 1))) {
            throw new IllegalArgumentException(
                    "neighbours must be BF16[size, hidden] and I32[size], but are " + embeddings + " and " + labels);
        }
        Neighbours neighbours =
                new Neighbours(owner, Math.toIntExact(embeddings.shape().get(1)));
        ByteBuffer values = embeddings.data();
        ByteBuffer indices = labels.data();
        float[] row = new float[neighbours.hidden];
        while (indices.hasRemaining()) {
            for (int i = 0; i < row.length; i++) {
                row[i] = Float.intBitsToFloat(values.getShort() << Short.SIZE);
            }
            neighbours.put(neighbours.size, row, 0, indices.getInt());
        }
        return neighbours;
    }

    /** {@return how many there are} */
    public int size() {
        return size;
    }

    /**
     * The label of one.
     *
     * @param place from 0
     * @return its index
     */
    public int label(int place) {
        return labels[place];
    }

    /**
     * Puts an embedding in a place, where it takes that of the one before; the first free place makes them one more.
     *
     * @param place from 0 to {@link #size}
     * @param embeddings in which it lies
     * @param from its first element
     * @param label its index
     */
    public void put(int place, float[] embeddings, int from, int label) {
        if (place < 0 || place > size) {
            throw new IndexOutOfBoundsException(place);
        }
        if (place == labels.length) {
            labels = Arrays.copyOf(labels, 2 * labels.length);
        }
        int block = place / BLOCK;
        if (block == rows.size()) {
            rows.add(ByteBuffer.allocateDirect(BLOCK * hidden * Float.BYTES).order(ByteOrder.nativeOrder()));
            blocks.add(null);
        }
        ByteBuffer values = rows.get(block);
        for (int i = 0; i < hidden; i++) {
            values.putFloat((place % BLOCK * hidden + i) * Float.BYTES, toBfloat16(embeddings[from + i]));
        }
        NDArray stale = blocks.set(block, null);
        if (stale != null) {
            stale.close();
        }
        labels[place] = label;
        size = Math.max(size, place + 1);
    }

    /**
     * Takes out those of one label that are of the same text; others may change their places.
     *
     * @param embeddings in which that of the text lies, of length 1
     * @param from its first element
     * @param label index of the label
     * @return how many
     */
    public int removeSame(float[] embeddings, int from, int label) {
        int before = size;
        for (int place = size - 1; place >= 0; place--) {
            if (labels[place] == label && cosine(place, embeddings, from) >= SAME) {
                int last = size - 1;
                put(place, embedding(last), 0, labels[last]);
                // What is read back from a file has nothing there either.
                put(last, new float[hidden], 0, 0);
                size = last;
            }
        }
        return before - size;
    }

    private double cosine(int place, float[] embeddings, int from) {
        float[] other = embedding(place);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < hidden; i++) {
            sum += other[i] * embeddings[from + i];
            squares += other[i] * other[i];
        }
        return sum / Math.sqrt(squares);
    }

    private float[] embedding(int place) {
        ByteBuffer block = rows.get(place / BLOCK);
        float[] values = new float[hidden];
        for (int i = 0; i < hidden; i++) {
            values[i] = block.getFloat((place % BLOCK * hidden + i) * Float.BYTES);
        }
        return values;
    }

    /** To the nearest, ties to even. */
    private static float toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat((bits + 0x7FFF + (bits >>> 16 & 1)) & 0xFFFF0000);
    }

    /**
     * What they say of texts.
     *
     * @param scope owns what is made on the way
     * @param embeddings {@code [texts, hidden]}, float32, each of length 1
     * @param count of labels
     * @return for each text the natural logarithm of each label's share of the votes; all alike when there are none
     */
    public double[][] logProbabilities(NDManager scope, NDArray embeddings, int count) {
        int texts = Math.toIntExact(embeddings.getShape().get(0));
        double[][] answers = new double[texts][count];
        if (size == 0) {
            for (double[] answer : answers) {
                Arrays.fill(answer, -Math.log(count));
            }
            return answers;
        }
        int voters = Math.min(VOTERS, size);
        NDList nearest = similarities(scope, embeddings).topK(voters, 1, true, true);
        float[] similarities = nearest.get(0).toFloatArray();
        long[] places = nearest.get(1).toLongArray();
        for (int text = 0; text < texts; text++) {
            vote(answers[text], similarities, places, text * voters, voters);
        }
        return answers;
    }

    /**
     * How the votes on texts that are among the neighbours themselves divide without their own: of those with a text's
     * label, the most similar is taken for the text, and has no vote.
     *
     * @param scope owns what is made on the way
     * @param embeddings {@code [texts, hidden]}, float32, each of length 1
     * @param own the index of each text's label
     * @param count of labels
     * @return for each text the share of each label, from 0 to 1; all 0 where nobody has a vote
     */
    public double[][] sharesAmongOthers(NDManager scope, NDArray embeddings, int[] own, int count) {
        double[][] shares = new double[own.length][count];
        if (size == 0) {
            return shares;
        }
        int asked = Math.min(VOTERS + 1, size);
        NDList nearest = similarities(scope, embeddings).topK(asked, 1, true, true);
        float[] similarities = nearest.get(0).toFloatArray();
        long[] places = nearest.get(1).toLongArray();
        for (int text = 0; text < own.length; text++) {
            boolean isLeftOut = false;
            double sum = 0;
            for (int i = text * asked; i < (text + 1) * asked; i++) {
                int label = labels[(int) places[i]];
                if (label == own[text] && !isLeftOut) {
                    isLeftOut = true;
                } else {
                    double vote = Math.exp(SHARPNESS * (similarities[i] - similarities[text * asked]));
                    shares[text][label] += vote;
                    sum += vote;
                }
            }
            for (int label = 0; label < count && sum > 0; label++) {
                shares[text][label] /= sum;
            }
        }
        return shares;
    }

    private NDArray similarities(NDManager scope, NDArray embeddings) {
        NDList parts = new NDList();
        for (int i = 0; i < rows.size(); i++) {
            NDArray part = embeddings.matMul(block(i).transpose());
            part.attach(scope);
            parts.add(part);
        }
        NDArray all = parts.size() == 1 ? parts.singletonOrThrow() : NDArrays.concat(parts, 1);
        return all.get(":, 0:" + size);
    }

    private synchronized NDArray block(int i) {
        NDArray block = blocks.get(i);
        if (block == null) {
            ByteBuffer values = rows.get(i).duplicate().order(ByteOrder.nativeOrder());
            try (NDArray shared = manager.create(values, new Shape(BLOCK, hidden), DataType.FLOAT32)) {
                block = shared.duplicate();
            }
            blocks.set(i, block);
        }
        return block;
    }

    private void vote(double[] answer, float[] similarities, long[] places, int from, int voters) {
        double sum = 0;
        for (int i = from; i < from + voters; i++) {
            double votes = Math.exp(SHARPNESS * (similarities[i] - similarities[from]));
            answer[labels[(int) places[i]]] += votes;
            sum += votes;
        }
        for (int label = 0; label < answer.length; label++) {
            answer[label] = Math.log((1 - DOUBT) * answer[label] / sum + DOUBT / answer.length);
        }
    }

    /**
     * The embeddings, for a file.
     *
     * @param name of the tensor
     * @return {@code [size, hidden]}, bfloat16
     */
    public Tensor embeddings(String name) {
        ByteBuffer values = ByteBuffer.allocate(size * hidden * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int place = 0; place < size; place++) {
            ByteBuffer block = rows.get(place / BLOCK);
            for (int i = 0; i < hidden; i++) {
                int bits = Float.floatToRawIntBits(block.getFloat((place % BLOCK * hidden + i) * Float.BYTES));
                values.putShort((short) (bits >>> Short.SIZE));
            }
        }
        return new Tensor(name, ElementType.BF16, List.of((long) size, (long) hidden), values.flip());
    }

    /**
     * The indices of their labels, for a file.
     *
     * @param name of the tensor
     * @return {@code [size]}, int32
     */
    public Tensor labels(String name) {
        ByteBuffer values = ByteBuffer.allocate(size * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int place = 0; place < size; place++) {
            values.putInt(labels[place]);
        }
        return new Tensor(name, ElementType.I32, List.of((long) size), values.flip());
    }

    @Override
    public void close() {
        manager.close();
    }
}
