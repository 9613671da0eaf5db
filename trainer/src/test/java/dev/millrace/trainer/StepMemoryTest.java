package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepMemoryTest {

    private static Throwable explained(Throwable failure) {
        return StepMemory.explained(failure, TinyRecipe.standard());
    }

    @Test
    void saysWhatToDoWhenLibtorchFindsNoMemory() {
        try (NDManager manager = NDManager.newBaseManager()) {
            // More than there are addresses, so no machine has it, however it overcommits.
            Throwable refusal = catchThrowable(() -> manager.zeros(new Shape(1L << 46)));
            Throwable failure = new IllegalStateException("the step failed", refusal);

            assertThat(explained(failure))
                    .hasMessageContaining("not enough memory for a step of 8 fresh examples (trainer.batch-size)")
                    .hasMessageContaining("of up to 32 tokens (trainer.max-tokens)")
                    .hasMessageContaining("The last version is intact")
                    .hasCause(failure);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15.77 GiB",
                "DefaultCPUAllocator: not enough memory: you tried to allocate 17179869184 bytes."
            })
    void knowsTheOtherAllocators(String message) {
        assertThat(explained(new EngineException(message))).hasMessageContaining("not enough memory for a step");
    }

    @Test
    void leavesAllOtherFailuresAsTheyAre() {
        Throwable shapes = new EngineException("mat1 and mat2 shapes cannot be multiplied (8x32 and 64x32)");
        Throwable silent = new EngineException((String) null);
        // Not the step's: this one may be of Kafka's buffers, and smaller mini-batches would not help.
        Throwable other = new IllegalStateException("out of memory");

        assertThat(explained(shapes)).isSameAs(shapes);
        assertThat(explained(silent)).isSameAs(silent);
        assertThat(explained(other)).isSameAs(other);
    }
}
