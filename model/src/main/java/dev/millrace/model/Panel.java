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
                ? network.prepare(published.layers(0, published.config().layers()))
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
        List<double[][]> said = new ArrayList<>();
        if (!base.isEmpty()) {
            NDArray published = network.embed(scope, base, batch);
            int labels = Math.toIntExact(logits.getShape().get(1));
            linear.ifPresent(rows -> said.add(Voters.logProbabilities(rows, published.toFloatArray())));
            neighbours.ifPresent(some -> said.add(some.logProbabilities(scope, published, labels)));
        }
        return Voters.opinions(logits, said).stream().map(pool::pool).toList();
    }

    @Override
    public void close() {
        neighbours.ifPresent(Neighbours::close);
    }
}
