package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HalfPrecisionTest {

    @ParameterizedTest
    @CsvSource({
        "0x0000, 0",
        "0x8000, -0.0",
        "0x0001, 5.9604645E-8",
        "0x83ff, -6.097555E-5",
        "0x0400, 6.1035156E-5",
        "0x3555, 0.33325195",
        "0x3c00, 1",
        "0xc000, -2",
        "0x7bff, 65504",
        "0x7c00, Infinity",
        "0xfc00, -Infinity",
        "0x7e00, NaN"
    })
    void aBinary16IsWhatTheStandardSays(int bits, float value) {
        assertThat(HalfPrecision.binary16((short) bits)).isEqualTo(Float.valueOf(value));
    }

    @ParameterizedTest
    @CsvSource({"0x3f80, 1", "0xc000, -2", "0x3eab, 0.33398438", "0x7f80, Infinity"})
    void aBfloat16IsTheUpperHalfOfAFloat(int bits, float value) {
        assertThat(HalfPrecision.bfloat16((short) bits)).isEqualTo(value);
    }

    @Test
    void infinitiesOfEitherFormatAreSeen() {
        assertThat(one(ElementType.F16, 0x7bff).isFinite()).isTrue();
        assertThat(one(ElementType.F16, 0x7c00).isFinite()).isFalse();
        assertThat(one(ElementType.BF16, 0x7c00).isFinite()).isTrue();
        assertThat(one(ElementType.BF16, 0x7f80).isFinite()).isFalse();
    }

    private static Tensor one(ElementType type, int bits) {
        ByteBuffer data = ByteBuffer.allocate(Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new Tensor("x", type, List.of(), data.putShort((short) bits).flip());
    }
}
