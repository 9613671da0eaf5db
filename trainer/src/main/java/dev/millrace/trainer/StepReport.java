package dev.millrace.trainer;

import java.time.Duration;
import java.util.List;

/**
 * What one training step did.
 *
 * @param step its number, 1 for the first since the base
 * @param fresh examples of the mini-batch, each seen for the first time
 * @param rehearsed examples that were drawn from the past beside them
 * @param loss mean cross-entropy over both, in nats
 * @param gradientNorm before clipping
 * @param correct fresh examples that the averaged weights had right before the step
 * @param trainingCorrect fresh examples that the training weights had right in the step's own pass
 * @param totalExamples trained on so far, since the base
 * @param totalCorrect fresh examples that the averaged weights had right so far, since the base
 * @param labels known after the step
 * @param answers what was answered to each fresh example before the step, in the order of the log: of these, {@code correct}
 *     were right; an empty string where no label was known
 * @param elapsed of scoring and learning together
 */
public record StepReport(
        long step,
        int fresh,
        int rehearsed,
        double loss,
        double gradientNorm,
        int correct,
        int trainingCorrect,
        long totalExamples,
        long totalCorrect,
        int labels,
        List<String> answers,
        Duration elapsed) {

    public StepReport {
        answers = List.copyOf(answers);
    }

    /**
     * Accuracy over every example so far, each scored by the averaged weights before they learned it (predictive
     * sequential, or test-then-train, evaluation).
     *
     * @return from 0 to 1; 0 before the first example
     */
    public double prequentialAccuracy() {
        return totalExamples == 0 ? 0 : (double) totalCorrect / totalExamples;
    }
}
