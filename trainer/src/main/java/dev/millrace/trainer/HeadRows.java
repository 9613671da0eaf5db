package dev.millrace.trainer;

import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The rows of a head, of which each label has one in the weights and in all that the optimizer keeps of them. */
final class HeadRows {

    private HeadRows() {}

    /**
     * Takes a row out.
     *
     * @param head every part of the head
     * @param name of the tensor that has a row for each label
     * @param row which
     * @return the head without it; no bit of the others is changed
     */
    static List<Tensor> without(List<Tensor> head, String name, int row) {
        List<Tensor> rest = new ArrayList<>();
        for (Tensor part : head) {
            boolean hasRows = part.name().endsWith("/" + name) && !part.shape().isEmpty();
            rest.add(hasRows ? without(part, row) : part);
        }
        return rest;
    }

    /**
     * Begins a row anew: other weights, and nothing that the optimizer kept of the old ones.
     *
     * @param head every part of the head
     * @param row which
     * @param weights {@code [1, columns]}, named as the tensor that has a row for each label
     * @return the head with it; no bit of the others is changed
     */
    static List<Tensor> with(List<Tensor> head, int row, Tensor weights) {
        List<Tensor> all = new ArrayList<>();
        for (Tensor part : head) {
            boolean hasRows =
                    part.name().endsWith("/" + weights.name()) && !part.shape().isEmpty();
            boolean isWeight = part.name().equals(Part.VALUE.of(weights.name()))
                    || part.name().equals(Part.AVERAGE.of(weights.name()));
            ByteBuffer data = weights.data();
            all.add(hasRows ? with(part, row, isWeight ? data : ByteBuffer.allocate(data.remaining())) : part);
        }
        return all;
    }

    private static Tensor with(Tensor tensor, int row, ByteBuffer values) {
        ByteBuffer data = ByteBuffer.allocate(tensor.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        data.put(tensor.data()).flip();
        data.put(row * values.remaining(), values, values.position(), values.remaining());
        return new Tensor(tensor.name(), tensor.type(), tensor.shape(), data);
    }

    private static Tensor without(Tensor tensor, int row) {
        ByteBuffer data = tensor.data();
        int rows = Math.toIntExact(tensor.shape().get(0));
        int bytes = data.remaining() / rows;
        ByteBuffer rest = ByteBuffer.allocate(data.remaining() - bytes).order(ByteOrder.LITTLE_ENDIAN);
        rest.put(data.slice(data.position(), row * bytes));
        rest.put(data.slice(data.position() + (row + 1) * bytes, (rows - row - 1) * bytes));
        List<Long> shape = new ArrayList<>(tensor.shape());
        shape.set(0, rows - 1L);
        return new Tensor(tensor.name(), tensor.type(), shape, rest.flip());
    }
}
