package dev.millrace.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.List;
import java.util.function.Predicate;

/**
 * A named array of numbers in the memory of the JVM, as it is written to and read from files.
 *
 * <p>Immutable as long as nobody writes to the buffer that was given; {@link #data()} is a read-only, little-endian view.
 *
 * @param name what the tensor is called in its model
 * @param type of its elements
 * @param shape its dimensions, outermost first; empty for a scalar
 * @param data its elements in row-major order, little-endian, from position 0 to the limit
 */
public record Tensor(String name, ElementType type, List<Long> shape, ByteBuffer data) {

    /** What the elements of a tensor are. The names are those of the safetensors format. */
    public enum ElementType {
        /** IEEE 754 binary64. */
        F64(8),
        /** IEEE 754 binary32. */
        F32(4),
        /** IEEE 754 binary16. */
        F16(2),
        /** The upper half of an IEEE 754 binary32. */
        BF16(2),
        /** Signed integers of 64 bits. */
        I64(8),
        /** Signed integers of 32 bits. */
        I32(4);

        private final int bytes;

        ElementType(int bytes) {
            this.bytes = bytes;
        }

        /** {@return the size of one element} */
        public int bytes() {
            return bytes;
        }
    }

    private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
    private static final int BLOCK = 1 << 13;

    public Tensor {
        shape = List.copyOf(shape);
        long expected = type.bytes();
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException(name + ": a dimension is negative: " + shape);
            }
            expected = Math.multiplyExact(expected, dimension);
        }
        data = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        if (data.remaining() != expected) {
            throw new IllegalArgumentException(name + ": shape " + shape + " of " + type + " needs " + expected
                    + " bytes, but has " + data.remaining());
        }
    }

    /** {@return a view of the elements with a position of its own} */
    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@return whether none of the elements is an infinity or NaN; integers never are} */
    public boolean isFinite() {
        return switch (type) {
            case F64 -> all(left -> Double.isFinite(left.getDouble()));
            case F32 -> isFinite(data().asIntBuffer());
            case F16 -> all(left -> Float.isFinite(HalfPrecision.binary16(left.getShort())));
            case BF16 -> all(left -> Float.isFinite(HalfPrecision.bfloat16(left.getShort())));
            case I64, I32 -> true;
        };
    }

    private boolean all(Predicate<ByteBuffer> next) {
        ByteBuffer left = data();
        boolean all = true;
        while (all && left.hasRemaining()) {
            all = next.test(left);
        }
        return all;
    }

    /** In blocks, by bits and without a branch for each float: a version has tens of millions of them. */
    private static boolean isFinite(IntBuffer left) {
        int[] block = new int[Math.min(BLOCK, left.remaining())];
        int below = -1;
        while (below < 0 && left.hasRemaining()) {
            int count = Math.min(block.length, left.remaining());
            left.get(block, 0, count);
            for (int i = 0; i < count; i++) {
                below &= (block[i] & Integer.MAX_VALUE) - INFINITY;
            }
        }
        return below < 0;
    }

    @Override
    public String toString() {
        return name + ": " + type + shape;
    }
}
