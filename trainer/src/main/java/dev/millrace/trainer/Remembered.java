package dev.millrace.trainer;

/**
 * An example of the past that may be rehearsed.
 *
 * @param example as it was learned
 * @param number its place among all examples that were learned since the base, from 1
 * @param lastLoss cross-entropy when it was learned last, in nats
 */
record Remembered(TrainingExample example, long number, float lastLoss) {

    String label() {
        return example.label();
    }

    Remembered learnedAgain(float loss) {
        return new Remembered(example, number, loss);
    }

    Remembered renamed(String label) {
        return new Remembered(example.renamed(label), number, lastLoss);
    }
}
