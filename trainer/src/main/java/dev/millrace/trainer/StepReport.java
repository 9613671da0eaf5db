package dev.millrace.trainer;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one training step did.
 *
 * @param step its number, 1 for the first since the base
 * @param fresh examples of the mini-batch, each seen for the first time
 * @param rehearsed examples that were drawn from the past beside them
 * @param loss mean cross-entropy over both, in nats
 * @param gradientNorm before clipping
 * @param correct fresh examples that the served answer, the averaged weights pooled with the voters, had right before the step
 * @param trainingCorrect fresh examples that the training weights had right in the step's own pass
 * @param totalExamples trained on so far, since the base
 * @param totalCorrect fresh examples that the served answer had right so far, since the base
 * @param labels known after the step
 * @param drifts found in the answers to its mini-batch
 * @param votes what each opinion of the answers was worth
 * @param answers what was answered to each fresh example before the step, in the order of the log: of these, {@code correct}
 *     were right; an empty string where no label was known
 * @param arithmetic of its mini-batch
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
        List<Drift> drifts,
        Votes votes,
        List<String> answers,
        Arithmetic arithmetic,
        Duration elapsed) {

    public StepReport {
        drifts = List.copyOf(drifts);
        answers = List.copyOf(answers);
    }

    /**
     * What the opinions that make up an answer were worth so far, each by its name: {@code fine-tuned}, {@code linear},
     * {@code neighbours}.
     *
     * @param examples answered since the base
     * @param correct how many of them each had right
     * @param weights how much each counts now
     * @param calibrationError expected calibration error of the pooled answers, 0 to 1, over the latest thousand or so
     */
    public record Votes(
            long examples, Map<String, Long> correct, Map<String, Double> weights, double calibrationError) {

        /** No answers yet. */
        public static final Votes NONE = new Votes(0, Map.of(), Map.of(), 0);

        public Votes {
            correct = Map.copyOf(correct);
            weights = Map.copyOf(weights);
        }

        /**
         * The best of those that learn on the embeddings of the base as it was published: the bar for fine-tuning.
         *
         * @return its name; empty where nobody votes beside the fine-tuned classifier
         */
        public Optional<String> bestFrozen() {
            return correct.keySet().stream()
                    .filter(voter -> !voter.equals(Voting.TUNED))
                    .max(Comparator.<String>comparingLong(voter -> correct.getOrDefault(voter, 0L))
                            .thenComparing(Comparator.reverseOrder()));
        }
    }

    /**
     * The work of a layer on a mini-batch.
     *
     * @param ofTokens multiplications with additions that tokens need
     * @param computed those that are done, padding included
     */
    public record Arithmetic(double ofTokens, double computed) {

        /** No work. */
        public static final Arithmetic NONE = new Arithmetic(0, 0);

        Arithmetic plus(Arithmetic other) {
            return new Arithmetic(ofTokens + other.ofTokens, computed + other.computed);
        }
    }

    /**
     * Accuracy over every example so far, each scored by the served answer before it was learned (predictive
     * sequential, or test-then-train, evaluation).
     *
     * @return from 0 to 1; 0 before the first example
     */
    public double prequentialAccuracy() {
        return totalExamples == 0 ? 0 : (double) totalCorrect / totalExamples;
    }
}
