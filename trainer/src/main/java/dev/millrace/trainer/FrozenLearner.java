package dev.millrace.trainer;

import java.util.List;

/**
 * A classifier that learns from embeddings which never change: the bar that fine-tuning has to beat, for it costs next to
 * nothing.
 *
 * <p>One pass, one example at a time. The same calls of {@link #learn} give the same answers, whatever was predicted in
 * between. Not thread-safe.
 */
public interface FrozenLearner {

    /**
     * Guesses the label.
     *
     * @param embedding of the text; all calls must give the same number of dimensions
     * @return the index of a label that was learned, or -1 when nothing was learned yet
     */
    int predict(float[] embedding);

    /**
     * Guesses the labels of several embeddings, as {@link #predict} does for each; may be faster than asking one by one.
     *
     * @param embeddings of the texts
     * @return the guesses in the same order
     */
    default int[] predictAll(List<float[]> embeddings) {
        return embeddings.stream().mapToInt(this::predict).toArray();
    }

    /**
     * Learns the label.
     *
     * @param embedding of the text; not kept, so the caller may reuse it
     * @param label its index, 0 or more; new ones may come at any time
     */
    void learn(float[] embedding, int label);

    /** {@return what the learner is called in reports} */
    String name();
}
