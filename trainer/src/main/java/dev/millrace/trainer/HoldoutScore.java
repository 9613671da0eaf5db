package dev.millrace.trainer;

/**
 * How a model answers the examples that were held out.
 *
 * @param examples in the window
 * @param correct answered right by what is served
 */
record HoldoutScore(int examples, int correct) {

    /** Nothing was asked. */
    static final HoldoutScore NONE = new HoldoutScore(0, 0);

    double accuracy() {
        return examples == 0 ? 0 : (double) correct / examples;
    }
}
