package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorTest {

    private static final int LENGTH = 20_001;

    @Test
    void theLargestNumbersAreFinite() {
        assertThat(floats(0, Float.MAX_VALUE).isFinite()).isTrue();
        assertThat(floats(7, -Float.MAX_VALUE).isFinite()).isTrue();
        assertThat(floats(7, -0f).isFinite()).isTrue();
        assertThat(new Tensor("x", ElementType.F32, List.of(0L), ByteBuffer.allocate(0)).isFinite())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8191, 8192, 16_384, LENGTH - 1})
    void whatIsNotFiniteIsFoundWhereverItIs(int index) {
        assertThat(floats(index, Float.NaN).isFinite()).isFalse();
        assertThat(floats(index, Float.intBitsToFloat(0xffc12345)).isFinite()).isFalse();
        assertThat(floats(index, Float.POSITIVE_INFINITY).isFinite()).isFalse();
        assertThat(floats(index, Float.NEGATIVE_INFINITY).isFinite()).isFalse();
    }

    private static Tensor floats(int index, float value) {
        ByteBuffer data = ByteBuffer.allocate(LENGTH * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < LENGTH; i++) {
            data.putFloat(i == index ? value : i - 1e4f);
        }
        return new Tensor("x", ElementType.F32, List.of((long) LENGTH), data.flip());
    }
}
