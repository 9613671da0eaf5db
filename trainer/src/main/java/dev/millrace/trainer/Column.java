package dev.millrace.trainer;

import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** One field of many values as a tensor of one dimension. */
final class Column {

    private Column() {}

    static Tensor of(String name, int[] values) {
        ByteBuffer data = littleEndian(values.length, Integer.BYTES);
        data.asIntBuffer().put(values);
        return new Tensor(name, ElementType.I32, List.of((long) values.length), data);
    }

    static Tensor of(String name, long[] values) {
        ByteBuffer data = littleEndian(values.length, Long.BYTES);
        data.asLongBuffer().put(values);
        return new Tensor(name, ElementType.I64, List.of((long) values.length), data);
    }

    static Tensor of(String name, float[] values) {
        ByteBuffer data = littleEndian(values.length, Float.BYTES);
        data.asFloatBuffer().put(values);
        return new Tensor(name, ElementType.F32, List.of((long) values.length), data);
    }

    static Tensor of(String name, double[] values) {
        ByteBuffer data = littleEndian(values.length, Double.BYTES);
        data.asDoubleBuffer().put(values);
        return new Tensor(name, ElementType.F64, List.of((long) values.length), data);
    }

    /** Whether a training state has a column. */
    static boolean isIn(SafetensorsFile state, String name) {
        return state.tensors().stream().anyMatch(tensor -> tensor.name().equals(name));
    }

    private static ByteBuffer littleEndian(int count, int bytes) {
        return ByteBuffer.allocate(Math.multiplyExact(count, bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
