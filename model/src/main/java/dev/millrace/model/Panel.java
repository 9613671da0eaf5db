package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The fine-tuned classifier and those who vote beside it, in native memory, while they serve. Safe for several threads. */
final class Panel implements AutoCloseable {

    private final Network network;
    private final OpinionPool pool;
    private final NDList base;
    private final Optional<float[][]> linear;
    private final Optional<Neighbours> neighbours;

    /**
     * Loads the voters.
     *
     * @param network that has the embeddings of the base; it stays the caller's
     * @param published the base as it was published
     * @param voters who votes
     */
    Panel(Network network, PretrainedModel published, Voters voters) {
        this.network = network;
        this.pool = voters.pool();
        this.base = voters.needBase()
                ? network.load(published.layers(0, published.config().layers()))
                : new NDList();
        this.linear = voters.linear().map(Voters::rows);
        this.neighbours = voters.embeddings()
                .map(embeddings -> Neighbours.of(
                        network.manager(), embeddings, voters.neighbourLabels().orElseThrow()));
    }

    /**
     * Answers texts.
     *
     * @param scope owns what is made on the way
     * @param batch the texts
     * @param logits of the fine-tuned classifier, {@code [texts, labels]}
     * @return for each text, in the order of the batch's rows, a probability for each label
     */
    List<double[]> answer(NDManager scope, TokenBatch batch, NDArray logits) {
        int labels = Math.toIntExact(logits.getShape().get(1));
        float[] tuned = logits.logSoftmax(1).toFloatArray();
        float[] embeddings = new float[0];
        double[][] near = new double[0][];
        if (!base.isEmpty()) {
            NDArray published = network.embed(scope, base, batch);
            embeddings = published.toFloatArray();
            near = neighbours
                    .map(some -> some.logProbabilities(scope, published, labels))
                    .orElse(near);
        }
        List<double[]> answers = new ArrayList<>();
        for (int row = 0; row < batch.size(); row++) {
            List<double[]> opinions = new ArrayList<>();
            opinions.add(doubles(tuned, row * labels, labels));
            if (linear.isPresent()) {
                opinions.add(Voters.logProbabilities(
                        linear.get(), embeddings, row * network.config().hidden()));
            }
            if (neighbours.isPresent()) {
                opinions.add(near[row]);
            }
            answers.add(pool.pool(opinions));
        }
        return answers;
    }

    private static double[] doubles(float[] values, int from, int count) {
        double[] doubles = new double[count];
        for (int i = 0; i < count; i++) {
            doubles[i] = values[from + i];
        }
        return doubles;
    }

    @Override
    public void close() {
        neighbours.ifPresent(Neighbours::close);
    }
}
