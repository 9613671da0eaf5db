package dev.millrace.trainer;

/**
 * How many examples were answered right before they were learned (predictive sequential evaluation: Dawid 1984; Gama et
 * al. 2013).
 *
 * @param examples answered so far
 * @param correct answered right by what is served: the averaged weights, pooled with the voters
 * @param trainingCorrect answered right by the training weights, in the pass that then learned from them
 */
record Prequential(long examples, long correct, long trainingCorrect) {

    static final Prequential NONE = new Prequential(0, 0, 0);

    Prequential plus(int moreExamples, int moreCorrect, int moreTrainingCorrect) {
        return new Prequential(examples + moreExamples, correct + moreCorrect, trainingCorrect + moreTrainingCorrect);
    }

    double accuracy() {
        return examples == 0 ? 0 : (double) correct / examples;
    }

    double trainingAccuracy() {
        return examples == 0 ? 0 : (double) trainingCorrect / examples;
    }
}
