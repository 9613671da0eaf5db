package dev.millrace.trainer;

import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Rows of a head for new labels: where each label's first examples lie in the mean (Qi et al. 2018). */
final class Imprint {

    private Imprint() {}

    /**
     * Makes rows.
     *
     * @param embeddings {@code [texts, hidden]}, or features in front of the head's last layer, row after row
     * @param hidden elements of one of them
     * @param members for each new label, which rows are its own; at least one each
     * @param name of the result
     * @return {@code [labels, hidden]}, each row of length 1
     */
    static Tensor rows(float[] embeddings, int hidden, List<List<Integer>> members, String name) {
        ByteBuffer rows =
                ByteBuffer.allocate(members.size() * hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (List<Integer> own : members) {
            double[] sum = new double[hidden];
            double squares = 0;
            for (int column = 0; column < hidden; column++) {
                for (int row : own) {
                    sum[column] += embeddings[row * hidden + column];
                }
                squares += sum[column] * sum[column];
            }
            // Opposite embeddings could cancel out; a row of zeros would then stay without direction for ever.
            double norm = squares > 0 ? Math.sqrt(squares) : 1;
            for (double element : sum) {
                rows.putFloat((float) (element / norm));
            }
        }
        return new Tensor(name, ElementType.F32, List.of((long) members.size(), (long) hidden), rows.flip());
    }
}
