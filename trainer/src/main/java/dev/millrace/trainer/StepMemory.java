package dev.millrace.trainer;

import ai.djl.engine.EngineException;
import org.jspecify.annotations.Nullable;

/** Tells when a step failed because the memory did not suffice, and what to do about it. */
final class StepMemory {

    private StepMemory() {}

    /** The same failure, in words that say what to do, when that is what it was. */
    static Throwable explained(Throwable failure, Recipe recipe) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof EngineException && isRefusal(String.valueOf(cause.getMessage()))) {
                return new IllegalStateException(
                        "there is not enough memory for a step of " + recipe.batchSize() + " fresh examples"
                                + " (trainer.batch-size) of up to " + recipe.maxTokens() + " tokens"
                                + " (trainer.max-tokens): make them smaller, or give this process more memory."
                                + " The last version is intact, and training goes on after it",
                        failure);
            }
        }
        return failure;
    }

    /** In the words of libtorch's allocators, for the CPU and for CUDA. */
    private static boolean isRefusal(String message) {
        return message.contains("can't allocate memory")
                || message.contains("not enough memory")
                || message.contains("out of memory");
    }
}
