package dev.millrace.model;

import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The two formats of 16 bits in which weights are published, as float32, where every value of either has one, and back. */
final class HalfPrecision {

    private static final int FRACTION_BITS = 10;
    private static final int FRACTION = (1 << FRACTION_BITS) - 1;
    private static final int EXPONENT = 0x1f;
    private static final int BIAS_DIFFERENCE = 127 - 15;
    private static final int FLOAT_FRACTION_BITS = 23;
    private static final int FRACTION_SHIFT = FLOAT_FRACTION_BITS - FRACTION_BITS;
    private static final float SMALLEST = 0x1p-24f;

    private HalfPrecision() {}

    /** The value of an IEEE 754 binary16. */
    static float binary16(short bits) {
        int sign = (bits & 0x8000) << Short.SIZE;
        int exponent = (bits >> FRACTION_BITS) & EXPONENT;
        int fraction = bits & FRACTION;
        if (exponent == 0) {
            return Math.copySign(fraction * SMALLEST, Float.intBitsToFloat(sign | Float.floatToRawIntBits(1)));
        }
        int wide = exponent == EXPONENT ? 0xff : exponent + BIAS_DIFFERENCE;
        return Float.intBitsToFloat(sign | (wide << FLOAT_FRACTION_BITS) | (fraction << FRACTION_SHIFT));
    }

    /** The value of the upper half of a binary32. */
    static float bfloat16(short bits) {
        return Float.intBitsToFloat(bits << Short.SIZE);
    }

    /** The tensor in float32 where it is of 16 bits, and else the tensor itself. */
    static Tensor widened(Tensor tensor) {
        if (tensor.type() != ElementType.F16 && tensor.type() != ElementType.BF16) {
            return tensor;
        }
        ByteBuffer narrow = tensor.data();
        ByteBuffer wide = ByteBuffer.allocate(Math.multiplyExact(narrow.remaining(), Float.BYTES / Short.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        while (narrow.hasRemaining()) {
            short bits = narrow.getShort();
            wide.putFloat(tensor.type() == ElementType.F16 ? binary16(bits) : bfloat16(bits));
        }
        return new Tensor(tensor.name(), ElementType.F32, tensor.shape(), wide.flip());
    }

    /** The tensor in bfloat16 where it is float32, rounded to the nearest, ties to even; else the tensor itself. */
    static Tensor inBfloat16(Tensor tensor) {
        if (tensor.type() != ElementType.F32) {
            return tensor;
        }
        ByteBuffer wide = tensor.data();
        ByteBuffer narrow = ByteBuffer.allocate(wide.remaining() / (Float.BYTES / Short.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        while (wide.hasRemaining()) {
            narrow.putShort(nearestBfloat16(wide.getFloat()));
        }
        return new Tensor(tensor.name(), ElementType.BF16, tensor.shape(), narrow.flip());
    }

    private static short nearestBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            // Rounding could carry the fraction of a NaN over, which would make it something else.
            return (short) ((bits >>> Short.SIZE) | 0x40);
        }
        int even = (bits >>> Short.SIZE) & 1;
        return (short) ((bits + 0x7fff + even) >>> Short.SIZE);
    }
}
