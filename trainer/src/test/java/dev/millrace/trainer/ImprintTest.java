package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ImprintTest {

    private static final Offset<Float> CLOSE = within(1e-6f);

    @Test
    void givesEachLabelTheDirectionOfTheMeanOfItsOwnExamples() {
        float[] embeddings = {1, 0, 0, 1, 0.6f, 0.8f};
        Tensor rows = Imprint.rows(embeddings, 2, List.of(List.of(0, 1), List.of(2)), "head.weight");

        assertThat(rows.name()).isEqualTo("head.weight");
        assertThat(rows.type()).isEqualTo(ElementType.F32);
        assertThat(rows.shape()).containsExactly(2L, 2L);
        ByteBuffer data = rows.data();
        assertThat(data.getFloat()).isCloseTo((float) Math.sqrt(0.5), CLOSE);
        assertThat(data.getFloat()).isCloseTo((float) Math.sqrt(0.5), CLOSE);
        assertThat(data.getFloat()).isCloseTo(0.6f, CLOSE);
        assertThat(data.getFloat()).isCloseTo(0.8f, CLOSE);
    }

    @Test
    void givesNumbersEvenWhereEmbeddingsCancelOut() {
        ByteBuffer data = Imprint.rows(new float[] {1, 0, -1, 0}, 2, List.of(List.of(0, 1)), "head.weight")
                .data();
        assertThat(data.getFloat()).isZero();
        assertThat(data.getFloat()).isZero();
    }
}
