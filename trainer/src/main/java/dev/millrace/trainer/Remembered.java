package dev.millrace.trainer;

/**
 * An example of the past that may be rehearsed.
 *
 * @param example as it was learned
 * @param number its place among all examples that were learned since the base, from 1
 * @param lastLoss cross-entropy when it was learned last, in nats
 * @param logits that the training weights gave when it was fresh; none where nothing is distilled
 */
record Remembered(TrainingExample example, long number, float lastLoss, Logits logits) {

    String label() {
        return example.label();
    }

    Remembered learnedAgain(float loss) {
        return new Remembered(example, number, loss, logits);
    }

    Remembered renamed(String label) {
        return new Remembered(example.renamed(label), number, lastLoss, logits);
    }

    /** As if it had come at a later place with another label; what was answered to it says nothing of that. */
    Remembered reassigned(String label, long laterNumber) {
        return new Remembered(example.renamed(label), laterNumber, lastLoss, Logits.NONE);
    }

    Remembered with(Logits others) {
        return new Remembered(example, number, lastLoss, others);
    }
}
