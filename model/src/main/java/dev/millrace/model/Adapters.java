package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Low-rank adapters (LoRA, Hu et al. 2022): the matrices of an encoder stay as they are, and beside each of some of them
 * a product of two small ones is learned, {@code W + weight * B A}. Immutable.
 *
 * @param rank rows of A and columns of B; 0 for no adapters
 * @param targets which matrices have them
 * @param alpha the weight of an adapter is {@code alpha / rank}
 */
public record Adapters(int rank, Target targets, double alpha) {

    /** Whole layers are trained. */
    public static final Adapters NONE = new Adapters(0, Target.ALL, 0);

    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    private static final String MATRIX = ".weight";

    private static final List<String> ATTENTION =
            List.of("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense");
    private static final List<String> MLP = List.of("intermediate.dense", "output.dense");

    /** Matrices of a layer. */
    public enum Target {
        /** Query, key, value and output of the attention. */
        ATTENTION,
        /** Both matrices behind the attention. */
        MLP,
        /** All of these. */
        ALL
    }

    public Adapters {
        if (rank < 0) {
            throw new IllegalArgumentException("rank must be >= 0, but is " + rank);
        }
        if (!(alpha >= 0) || Double.isInfinite(alpha)) {
            throw new IllegalArgumentException("alpha must be a number >= 0, but is " + alpha);
        }
    }

    /**
     * With {@code alpha = 2 rank}.
     *
     * @param rank rows of A and columns of B; 0 for no adapters
     * @param targets which matrices have them
     * @return the adapters
     */
    public static Adapters of(int rank, Target targets) {
        return new Adapters(rank, targets, 2.0 * rank);
    }

    /** Whether there are any. */
    boolean present() {
        return rank > 0;
    }

    /** {@return what a product of two matrices is multiplied with; 0 without adapters} */
    public double weight() {
        return present() ? alpha / rank : 0;
    }

    /** Whether a tensor is one of an adapter's two, by its name. */
    static boolean owns(String tensor) {
        return tensor.endsWith(A) || tensor.endsWith(B);
    }

    /** The names of the tensors beside the layers from {@code first} to {@code end}, in the order of the program. */
    List<String> names(int first, int end) {
        List<String> names = new ArrayList<>();
        for (int layer = first; layer < end; layer++) {
            String prefix = "encoder.layer." + layer + ".";
            matrices().forEach(matrix -> {
                names.add(prefix + matrix + A);
                names.add(prefix + matrix + B);
            });
        }
        return names;
    }

    private Stream<String> matrices() {
        return switch (targets) {
            case ATTENTION -> ATTENTION.stream();
            case MLP -> MLP.stream();
            case ALL -> Stream.concat(ATTENTION.stream(), MLP.stream());
        };
    }

    /** Adapters that change nothing yet: A uniform as in Hu et al.'s own code, B zero. */
    List<Tensor> fresh(PretrainedModel base, int first, int end, long seed) {
        List<Tensor> tensors = new ArrayList<>();
        for (String name : names(first, end)) {
            boolean down = name.endsWith(A);
            String matrix = name.substring(0, name.length() - A.length()) + MATRIX;
            List<Long> shape =
                    Objects.requireNonNull(base.tensors().get(matrix), matrix).shape();
            long in = shape.get(1);
            List<Long> own = down ? List.of((long) rank, in) : List.of(shape.get(0), (long) rank);
            ByteBuffer data = ByteBuffer.allocate(Math.toIntExact(own.get(0) * own.get(1) * Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            double bound = 1 / Math.sqrt((double) in);
            SplittableRandom random = new SplittableRandom(seed + name.hashCode());
            while (down && data.hasRemaining()) {
                data.putFloat((float) random.nextDouble(-bound, bound));
            }
            tensors.add(new Tensor(name, ElementType.F32, own, data.rewind()));
        }
        return tensors;
    }

    /**
     * Folds adapters into the matrices that they stand beside.
     *
     * @param matrices by name; those with an adapter are replaced
     * @param adapters the tensors of adapters, both of each
     * @param weight what each product is multiplied with
     * @throws IllegalArgumentException when an adapter is of another encoder, or lacks its other half
     */
    static void merge(Map<String, Tensor> matrices, List<Tensor> adapters, double weight) {
        Map<String, Tensor> byName = new HashMap<>();
        adapters.forEach(tensor -> byName.put(tensor.name(), tensor));
        for (Tensor adapter : adapters) {
            String matrix = adapter.name().substring(0, adapter.name().length() - A.length());
            Tensor a = byName.get(matrix + A);
            Tensor b = byName.get(matrix + B);
            Tensor whole = matrices.get(matrix + MATRIX);
            if (a == null || b == null || whole == null || !fit(a, b, whole)) {
                throw new IllegalArgumentException(
                        "the encoder has no matrix for " + adapter + ", or its other half is missing");
            }
            if (adapter.name().endsWith(A)) {
                matrices.put(whole.name(), sum(whole, a, b, weight));
            }
        }
    }

    private static boolean fit(Tensor a, Tensor b, Tensor whole) {
        return a.type() == ElementType.F32
                && b.type() == ElementType.F32
                && a.shape().size() == 2
                && b.shape().equals(List.of(whole.shape().get(0), a.shape().get(0)))
                && a.shape().get(1).equals(whole.shape().get(1));
    }

    private static Tensor sum(Tensor whole, Tensor a, Tensor b, double weight) {
        int out = Math.toIntExact(whole.shape().get(0));
        int in = Math.toIntExact(whole.shape().get(1));
        int rank = Math.toIntExact(a.shape().get(0));
        FloatBuffer down = a.data().asFloatBuffer();
        FloatBuffer up = b.data().asFloatBuffer();
        FloatBuffer from = whole.data().asFloatBuffer();
        ByteBuffer data = ByteBuffer.allocate(out * in * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        double[] row = new double[in];
        for (int i = 0; i < out; i++) {
            for (int column = 0; column < in; column++) {
                row[column] = from.get(i * in + column);
            }
            for (int k = 0; k < rank; k++) {
                double factor = weight * up.get(i * rank + k);
                for (int column = 0; column < in; column++) {
                    row[column] += factor * down.get(k * in + column);
                }
            }
            for (double element : row) {
                data.putFloat((float) element);
            }
        }
        return new Tensor(whole.name(), ElementType.F32, whole.shape(), data.flip());
    }
}
