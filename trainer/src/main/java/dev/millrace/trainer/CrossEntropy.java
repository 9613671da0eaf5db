package dev.millrace.trainer;

/** The loss of single examples, which a training step gives the mean of. */
final class CrossEntropy {

    private CrossEntropy() {}

    /**
     * Computes.
     *
     * @param logits {@code [examples, labels]}, row after row
     * @param targets the index of the right label of each example
     * @return for each example the negative logarithm of the probability that softmax gives the right label, in nats
     */
    static float[] of(float[] logits, long[] targets) {
        float[] losses = new float[targets.length];
        int labels = targets.length == 0 ? 0 : logits.length / targets.length;
        for (int row = 0; row < losses.length; row++) {
            int start = row * labels;
            double most = Double.NEGATIVE_INFINITY;
            for (int label = 0; label < labels; label++) {
                most = Math.max(most, logits[start + label]);
            }
            double sum = 0;
            for (int label = 0; label < labels; label++) {
                sum += StrictMath.exp(logits[start + label] - most);
            }
            losses[row] = (float) (StrictMath.log(sum) + most - logits[start + (int) targets[row]]);
        }
        return losses;
    }
}
