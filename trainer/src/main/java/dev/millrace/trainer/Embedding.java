package dev.millrace.trainer;

/** What the frozen learners demand of an embedding. */
final class Embedding {

    private Embedding() {}

    /**
     * Checks an embedding and gives its direction.
     *
     * @param embedding to check
     * @param dimension how many numbers it must have
     * @return a new array of length 1, or of zeros when the embedding is zero
     */
    static float[] normalised(float[] embedding, int dimension) {
        if (embedding.length != dimension) {
            throw new IllegalArgumentException(
                    "embedding must have " + dimension + " dimensions, but has " + embedding.length);
        }
        double squares = 0;
        for (float value : embedding) {
            squares += (double) value * value;
        }
        if (!Double.isFinite(squares)) {
            throw new IllegalArgumentException("embedding must hold finite numbers only");
        }
        float[] direction = new float[dimension];
        if (squares > 0) {
            double scale = 1 / Math.sqrt(squares);
            for (int i = 0; i < dimension; i++) {
                direction[i] = (float) (embedding[i] * scale);
            }
        }
        return direction;
    }

    /** {@return the label, once it is certain that it is an index} */
    static int checkedLabel(int label) {
        if (label < 0) {
            throw new IllegalArgumentException("label must be >= 0, but is " + label);
        }
        return label;
    }
}
