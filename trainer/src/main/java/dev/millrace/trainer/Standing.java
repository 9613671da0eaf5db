package dev.millrace.trainer;

/**
 * How far a model in training is, and how good it was on its way. Immutable.
 *
 * @param nextOffset the first offset of its partition of the ledger that is not part of it
 * @param steps since the base
 * @param examples answered since the base, those that are held out among them
 * @param correct how many of them the served answer had right before they were learned
 * @param labels known
 * @param votes what the opinions that make up an answer were worth so far
 * @param loss of the latest step, mean cross-entropy in nats; 0 before the first
 */
public record Standing(
        long nextOffset, long steps, long examples, long correct, int labels, StepReport.Votes votes, double loss) {

    public Standing {
        if (examples < 0 || correct < 0 || correct > examples) {
            throw new IllegalArgumentException(
                    "correct must be 0 to examples, but they are " + correct + " and " + examples);
        }
        if (!Double.isFinite(loss)) {
            throw new IllegalArgumentException("loss must be finite, but is " + loss);
        }
    }
}
