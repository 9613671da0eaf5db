package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.function.Function;

/**
 * The embeddings of a base and its lowest layers, as they were published, and what these make of texts. Safe for use by
 * several threads.
 */
final class FrozenLayers implements FrozenPrefix.Layers {

    /** What the program takes of each layer. */
    static final int PREPARED_TENSORS = 12;

    private final TorchProgram program;
    private final PretrainedModel base;
    private final Function<List<Tensor>, NDList> prepare;
    private final Function<NDManager, NDArray> scalars;
    private final NDList embeddings;
    private final NDList none;
    private final FrozenPrefix prefix;

    /** As many as anybody has asked for. */
    private final NDList prepared = new NDList();

    /**
     * Without any layers yet.
     *
     * @param manager owns all of it
     * @param program that computes
     * @param base where the layers come from
     * @param prepare makes of layers what the program takes
     * @param scalars the program's first argument
     * @param mostBytes of what is kept of texts
     */
    FrozenLayers(
            NDManager manager,
            TorchProgram program,
            PretrainedModel base,
            Function<List<Tensor>, NDList> prepare,
            Function<NDManager, NDArray> scalars,
            long mostBytes) {
        this.program = program;
        this.base = base;
        this.prepare = prepare;
        this.scalars = scalars;
        this.embeddings = new NDList();
        base.embeddings().forEach(tensor -> embeddings.add(NativeArray.of(manager, tensor)));
        this.none = new NDList(manager.create(0f));
        this.prefix = new FrozenPrefix(manager.newSubManager(), this, mostBytes);
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
        NDList arguments = new NDList(scalars.apply(scope))
                .addAll(NativeArray.named("e", embeddings))
                .addAll(NativeArray.named("f", lowest(depth)))
                .addAll(new NDList(batch.ids(scope)))
                .addAll(batch.arguments(scope));
        return program.call("frozen", arguments).singletonOrThrow();
    }

    private synchronized NDList lowest(int depth) {
        int ready = prepared.size() / PREPARED_TENSORS;
        if (ready < depth) {
            prepared.addAll(prepare.apply(base.layers(ready, depth)));
        }
        return depth == 0 ? none : prepared.subNDList(0, depth * PREPARED_TENSORS);
    }

    @Override
    public NDArray join(NDManager scope, NDList texts) {
        NDList arguments = new NDList(scope.create(0f)).addAll(NativeArray.named("x", texts));
        return program.call("join", arguments).singletonOrThrow();
    }
}
