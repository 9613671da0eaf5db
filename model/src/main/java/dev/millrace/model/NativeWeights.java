package dev.millrace.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * Brings weights into native memory.
 *
 * @param manager owns what is brought
 * @param program that computes with it
 * @param scalars its first argument
 */
record NativeWeights(NDManager manager, TorchProgram program, Scalars scalars) {

    /** The features of such a head are the embeddings themselves. */
    static final Head EMBEDDING = Head.cosine(1);

    /** Copies tensors. */
    NDList load(List<Tensor> tensors) {
        NDList arrays = new NDList();
        tensors.forEach(tensor -> arrays.add(NativeArray.of(manager, tensor)));
        return arrays;
    }

    /**
     * Copies layers in the arithmetic that is computed in: for weights that are computed with more than once.
     *
     * @param layers all tensors of some layers, in order
     */
    NDList prepare(List<Tensor> layers) {
        NDList loaded = load(layers);
        try (NDManager scope = manager.newSubManager()) {
            NDList arguments = new NDList(scalars.of(scope, EMBEDDING)).addAll(NativeArray.named("w", loaded));
            NDList prepared = program.callWithOneThread("prepare", arguments);
            prepared.attach(manager);
            return prepared;
        } finally {
            loaded.close();
        }
    }
}
