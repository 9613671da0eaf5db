package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ParameterGroupTest {

    private static final int HIDDEN = TinyBert.CONFIG.hidden();

    private Network network;
    private Training training;

    @BeforeEach
    void load() {
        network = Network.load(TinyBert.model(), TinyBert.CPU, 1);
        training = Training.fresh(network);
    }

    @AfterEach
    void close() {
        training.close();
        network.close();
    }

    @Test
    void aFreshGroupHasItsWeightsAsAveragesAndNothingElse() {
        Map<String, float[]> parts = TinyBert.values(training.snapshot());

        assertThat(parts).hasSize(training.names().size() * Part.values().length);
        float[] rows = TinyBert.floats(TinyBert.head());
        assertThat(head(parts, Part.VALUE)).containsExactly(rows);
        assertThat(head(parts, Part.AVERAGE)).containsExactly(rows);
        assertThat(head(parts, Part.FIRST_MOMENT)).containsOnly(0).hasSameSizeAs(rows);
        assertThat(head(parts, Part.SECOND_MOMENT)).containsOnly(0).hasSameSizeAs(rows);
        assertThat(head(parts, Part.UPDATES)).containsExactly(0);
    }

    @Test
    void snapshotsAreOfTheShapesOfTheTensors() {
        assertThat(training.head.snapshot())
                .extracting(Tensor::toString)
                .containsExactly(
                        "value/head.weight: F32[3, 32]",
                        "first_moment/head.weight: F32[3, 32]",
                        "second_moment/head.weight: F32[3, 32]",
                        "updates/head.weight: F32[]",
                        "average/head.weight: F32[3, 32]",
                        "gradient/head.weight: F32[]");
    }

    @Test
    void appendedRowsLeaveTheOldOnesAsTheyAre() {
        training.steps(3);
        Map<String, float[]> before = TinyBert.values(training.head.snapshot());
        float[] added = new float[2 * HIDDEN];
        for (int i = 0; i < added.length; i++) {
            added[i] = i - 7.25f;
        }

        training.head.appendRows(List.of(TinyBert.tensor(TinyBert.HEAD, added, 2, HIDDEN)));

        Map<String, float[]> after = TinyBert.values(training.head.snapshot());
        assertThat(head(after, Part.UPDATES)).containsExactly(3);
        for (Part part : List.of(Part.VALUE, Part.AVERAGE, Part.FIRST_MOMENT, Part.SECOND_MOMENT)) {
            float[] old = head(before, part);
            float[] longer = head(after, part);
            assertThat(longer).describedAs(part.name()).hasSize(old.length + added.length);
            assertThat(Arrays.copyOf(longer, old.length))
                    .describedAs(part.name())
                    .containsExactly(old);
            float[] expected = part == Part.VALUE || part == Part.AVERAGE ? added : new float[added.length];
            assertThat(Arrays.copyOfRange(longer, old.length, longer.length))
                    .describedAs(part.name())
                    .containsExactly(expected);
        }
    }

    @Test
    void rowsOfAnotherWidthAreRefusedAndNothingChanges() {
        List<Tensor> before = training.head.snapshot();

        assertThatRefused("cannot grow by the rows of head.weight: F32[1, 5]", TinyBert.HEAD, 1, 5);
        assertThatRefused("cannot grow by the rows of head.weight: F32[32]", TinyBert.HEAD, HIDDEN);
        assertThatRefused("no tensor named new", "new", 1, HIDDEN);
        assertThat(training.head.snapshot()).isEqualTo(before);
    }

    private void assertThatRefused(String message, String name, long... shape) {
        int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        Tensor rows = TinyBert.tensor(name, new float[elements], shape);
        assertThatThrownBy(() -> training.head.appendRows(List.of(rows)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void onlyFloat32IsTrained() {
        Tensor wide = new Tensor("wide", ElementType.F64, List.of(1L), ByteBuffer.allocate(Double.BYTES));

        assertThatThrownBy(() -> ParameterGroup.fresh(network, List.of(wide)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("wide: F64[1]");
        assertThatThrownBy(() -> ParameterGroup.restored(network, List.of("wide"), name -> wide))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("wide: F64[1]");
    }

    private static float[] head(Map<String, float[]> parts, Part part) {
        return TinyBert.get(parts, part.of(TinyBert.HEAD));
    }
}
