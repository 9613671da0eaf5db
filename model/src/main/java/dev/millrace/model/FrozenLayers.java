package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * The embeddings of a base and its layers, as they were published, and what the lowest of them make of texts. Safe for use by
 * several threads.
 */
final class FrozenLayers implements FrozenPrefix.Layers {

    /** What the program takes of each layer. */
    static final int PREPARED_TENSORS = 12;

    private final NativeWeights weights;
    private final PretrainedModel base;
    private final NDList embeddings;
    private final NDList none;
    private final FrozenPrefix prefix;

    /** As many as anybody has asked for. */
    private final NDList prepared = new NDList();

    /**
     * Without any layers yet.
     *
     * @param weights brings them into native memory
     * @param base where they come from
     * @param mostBytes of what is kept of texts
     */
    FrozenLayers(NativeWeights weights, PretrainedModel base, long mostBytes) {
        this.weights = weights;
        this.base = base;
        this.embeddings = weights.load(base.embeddings());
        this.none = new NDList(weights.manager().create(0f));
        this.prefix = new FrozenPrefix(weights.manager().newSubManager(), this, mostBytes);
    }

    /**
     * What the embeddings and so many of the lowest layers make of texts.
     *
     * @param scope owns the result
     * @param batch the texts
     * @param depth how many layers; what they make of a text is kept, and computed alone
     * @return {@code [tokens, hidden]}, in the order of the batch
     */
    NDArray rows(NDManager scope, TokenBatch batch, int depth) {
        return depth > 0 ? prefix.of(scope, batch, depth) : compute(scope, batch, 0);
    }

    @Override
    public NDArray compute(NDManager scope, TokenIds text, int depth) {
        return compute(scope, TokenBatch.of(List.of(text)), depth);
    }

    private NDArray compute(NDManager scope, TokenBatch batch, int depth) {
        NDList arguments = new NDList(weights.scalars().of(scope, NativeWeights.EMBEDDING))
                .addAll(NativeArray.named("e", embeddings))
                .addAll(NativeArray.named("f", lowest(depth)))
                .addAll(new NDList(batch.ids(scope)))
                .addAll(batch.arguments(scope));
        return weights.program().call("frozen", arguments).singletonOrThrow();
    }

    /** The layers above so many, prepared. */
    NDList above(int depth) {
        return lowest(base.config().layers()).subNDList(depth * PREPARED_TENSORS);
    }

    private synchronized NDList lowest(int depth) {
        int ready = prepared.size() / PREPARED_TENSORS;
        if (ready < depth) {
            prepared.addAll(weights.prepare(base.layers(ready, depth)));
        }
        return depth == 0 ? none : prepared.subNDList(0, depth * PREPARED_TENSORS);
    }

    @Override
    public NDArray join(NDManager scope, NDList texts) {
        NDList arguments = new NDList(scope.create(0f)).addAll(NativeArray.named("x", texts));
        return weights.program().call("join", arguments).singletonOrThrow();
    }
}
