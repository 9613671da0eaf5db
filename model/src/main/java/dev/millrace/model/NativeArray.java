package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors in native memory. */
final class NativeArray {

    private NativeArray() {}

    /**
     * Copies a tensor.
     *
     * @param owner of the array, on whose device it will be
     * @param tensor float32, float64 or integers
     */
    static NDArray of(NDManager owner, Tensor tensor) {
        Shape shape = new Shape(tensor.shape());
        try (NDArray shared = owner.create(direct(tensor.data()), shape, dataType(tensor))) {
            return shared.duplicate();
        }
    }

    /** As the engine wants it, which is how a mapped file has it already. */
    private static ByteBuffer direct(ByteBuffer data) {
        if (data.isDirect() && data.order() == ByteOrder.nativeOrder()) {
            return data;
        }
        ByteBuffer copy = ByteBuffer.allocateDirect(data.remaining()).order(ByteOrder.nativeOrder());
        return copy.put(data).flip();
    }

    private static DataType dataType(Tensor tensor) {
        return switch (tensor.type()) {
            case F32 -> DataType.FLOAT32;
            case F64 -> DataType.FLOAT64;
            case I32 -> DataType.INT32;
            case I64 -> DataType.INT64;
            case F16, BF16 ->
                throw new IllegalArgumentException(
                        tensor.name() + " is " + tensor.type() + "; the engine takes float32 at its door");
        };
    }

    /** The arrays themselves, as a program's argument that is a list. */
    static NDList named(String list, NDList arrays) {
        arrays.forEach(array -> array.setName(list + "[]"));
        return arrays;
    }
}
